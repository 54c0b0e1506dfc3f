"""Plug-ins: Python files in a folder, and modules that installed packages name, which register something of their own.

A plug-in is imported once in every process. What it registers, a network, reader, explanation method, metric, loss or
corruption, is then in all lists; a function ``steps()`` in it gives steps of lessons to the app. One that fails is
named with the reason, and what it had registered is taken out again.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import threading
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from fer_models.folders import plugins_folder
from fer_models.registry import all_or_nothing

#: Under which packages name their plug-ins: ``[project.entry-points."fer_workbench.plugins"]``.
GROUP = "fer_workbench.plugins"
#: Modules of the folder are imported as ``fer_plugins.NAME``: ``fer import --network fer_plugins.NAME:function``.
PACKAGE = "fer_plugins"
_LOG = logging.getLogger(__name__)
_lock = threading.RLock()
_loaded: dict[str, Plugin] = {}


@dataclass
class Plugin:
    """A plug-in that was looked for.

    Args:
        name: Of the file, or of the entry point.
        origin: The file, or the package that names it.
        module: What was imported; ``None`` if that failed.
        problem: Why it cannot be used, in one sentence; empty if it can.
    """

    name: str
    origin: str
    module: ModuleType | None = None
    problem: str = ""


def load() -> tuple[Plugin, ...]:
    """Import every plug-in that was not imported yet in this process; never raises.

    Returns:
        All plug-ins, those that failed too.

    Example:
        >>> [plugin.problem for plugin in load()]
        []
    """
    with _lock:
        for name, origin, source in _found():
            if origin not in _loaded:
                _loaded[origin] = _imported(Plugin(name, origin), source)
        return tuple(_loaded.values())


def collect(function: str) -> list[Any]:
    """What the plug-ins' functions of that name give, as one list; one that fails is marked as a problem.

    Args:
        function: Such as ``"steps"``; it takes nothing and gives a list.

    Example:
        >>> collect("steps")
        []
    """
    found: list[Any] = []
    for plugin in load():
        make = getattr(plugin.module, function, None)
        if make is None:
            continue
        try:
            found += list(make())
        except Exception as error:
            _LOG.info("%s() of the plug-in %s failed", function, plugin.name, exc_info=True)
            plugin.problem = _sentence(plugin, error, f"its {function}() failed")
    return found


def problems() -> list[str]:
    """Why plug-ins cannot be used, a sentence each."""
    return [plugin.problem for plugin in load() if plugin.problem]


def _found() -> list[tuple[str, str, Path | EntryPoint]]:
    """Name, origin and source of every plug-in, those of the folder last."""
    named: list[tuple[str, str, Path | EntryPoint]] = [
        (entry.name, f"{entry.value} of {entry.dist.name if entry.dist else 'a package'}", entry)
        for entry in entry_points(group=GROUP)
    ]
    folder = plugins_folder()
    if folder is not None and folder.is_dir():
        files = sorted(
            file for file in folder.glob("*.py") if file.stem.isidentifier() and not file.stem.startswith("_")
        )
        named += [(file.stem, str(file), file) for file in files]
    return named


def _imported(plugin: Plugin, source: Path | EntryPoint) -> Plugin:
    try:
        with all_or_nothing():
            plugin.module = _module(plugin.name, source) if isinstance(source, Path) else source.load()
    except SystemExit as error:
        plugin.problem = _sentence(plugin, error, "it ended the program")
    except Exception as error:
        _LOG.info("The plug-in %s could not be loaded", plugin.name, exc_info=True)
        plugin.problem = _sentence(plugin, error, "it could not be loaded")
    return plugin


def _module(name: str, file: Path) -> ModuleType:
    full = f"{PACKAGE}.{name}"
    spec = importlib.util.spec_from_file_location(full, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[full] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[full]
        raise
    return module


def _sentence(plugin: Plugin, error: BaseException, what: str) -> str:
    text = str(error).strip().splitlines()
    reason = f"{type(error).__name__}: {text[0][:160]}" if text else type(error).__name__
    return f"Plug-in {plugin.name} is left out, {what} ({reason}); see {plugin.origin}."
