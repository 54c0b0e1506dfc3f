"""A network from another package, named as ``timm:NAME``, ``torchvision:NAME`` or ``module:function``.

Naming a function runs it, and a checkpoint folder that someone sent names one too. So a function of a package is called
only after it was allowed on this computer (:func:`allow`); timm and torchvision are called without options that fetch
or open files.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from fer_models.errors import UserError
from fer_models.folders import cache_folder
from fer_models.settings import stored_or_none
from fer_models.storage import atomic_file

#: What a function's parameters for classes and channels are called in common packages; the first that it has is used.
_CLASSES = ("num_classes", "n_classes", "classes", "num_class")
_CHANNELS = ("in_channels", "in_chans", "channels", "input_channels", "in_channel")
_NAME = re.compile(r"[A-Za-z0-9_.]+")
_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
#: Options that make timm or torchvision fetch or open files.
_FORBIDDEN = ("pretrained", "weights", "checkpoint", "cache", "url", "path", "file")


def allowed() -> tuple[str, ...]:
    """Functions that may be called to build a network, as ``module:function``."""
    return tuple(stored_or_none(_file(), list[str]) or ())


def allow(source: str) -> None:
    """Let a function of an installed package build networks on this computer from now on.

    Args:
        source: ``module:function``.

    Raises:
        UserError: If it is not of that form, or the list cannot be written.
    """
    if not _FUNCTION.fullmatch(source):
        raise UserError(f"A function is named as package.module:function, not {source!r}.")
    try:
        with atomic_file(_file()) as file:
            file.write_text(json.dumps(sorted({*allowed(), source}), indent=1))
    except OSError as error:
        raise UserError(
            f"{_file()} cannot be written ({error.strerror}); free some disk space or set FER_CACHE."
        ) from None


def build(source: str, num_classes: int, in_channels: int, arguments: Mapping[str, Any]) -> nn.Module:
    """The network with fresh weights; nothing is fetched.

    Args:
        source: As above.
        num_classes: Scores that it gives.
        in_channels: Of its input.
        arguments: Passed on by name.

    Raises:
        UserError: If the package is missing, the name is unknown, the function is not allowed, or it fails.

    Example:
        >>> build("torch.nn:Linear", 7, 1, {})
        Traceback (most recent call last):
        fer_models.errors.UserError: torch.nn:Linear builds this network and was not allowed on this computer: ...
    """
    package, _, name = source.partition(":")
    given: dict[str, Any]
    if package in ("timm", "torchvision"):
        function = _from_zoo(package, name, arguments)
        given = {"weights": None, "num_classes": num_classes}
        if package == "timm":
            given = {"model_name": name, "pretrained": False, "num_classes": num_classes, "in_chans": in_channels}
    else:
        if source not in allowed():
            raise UserError(
                f"{source} builds this network and was not allowed on this computer: loading the network would run "
                f"it. If you trust that package, run: fer import --allow {source}"
            )
        function = _function(package, name)
        given = _sizes(function, num_classes, in_channels)
    given = {**given, **arguments}
    try:
        try:
            module = function(**given)
        except (RuntimeError, NotImplementedError):  # some read a number from a tensor, which shapes alone lack
            with torch.device("cpu"):
                module = function(**given)
    except (RuntimeError, TypeError, ValueError, KeyError, AttributeError, AssertionError, ImportError) as error:
        raise UserError(f"{source} failed ({type(error).__name__}: {_short(error)}); check its options.") from None
    if not isinstance(module, nn.Module):
        raise UserError(f"{source} gives {type(module).__name__}, not a torch.nn.Module.")
    return module


def _from_zoo(package: str, name: str, arguments: Mapping[str, Any]) -> Callable[..., Any]:
    """What builds a network of timm or torchvision."""
    for option, value in arguments.items():
        if any(word in option for word in _FORBIDDEN) or not isinstance(value, bool | int | float):
            raise UserError(f"{package}: {option} is not an option for a network here; numbers, true and false are.")
    try:
        library = importlib.import_module("timm" if package == "timm" else "torchvision.models")
    except ImportError as error:  # timm needs torchvision: the missing one may be another package
        lacking = (error.name or package).partition(".")[0]
        what = package if lacking == package else f"{package} needs {lacking}, which"
        raise UserError(f"{what} is not installed; run: pip install {lacking}") from None
    known = library.list_models()
    if not _NAME.fullmatch(name) or name.partition(".")[0] not in known:
        raise UserError(f"{package} has no network {name!r}; see {package}'s list_models().")
    builder: Callable[..., Any] = library.create_model if package == "timm" else library.get_model_builder(name)
    return builder


def _function(module: str, name: str) -> Callable[..., Any]:
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        raise UserError(f"{module} cannot be imported ({_short(error)}); install its package.") from None
    if not callable(found):
        raise UserError(f"{module} has no function {name}.")
    return found


def _sizes(function: Callable[..., Any], num_classes: int, in_channels: int) -> dict[str, int]:
    """The number of classes and channels, under the names that the function has for them."""
    parameters = inspect.signature(function).parameters
    free = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    given = {}
    for names, value in ((_CLASSES, num_classes), (_CHANNELS, in_channels)):
        name = next((name for name in names if name in parameters), names[0] if free and names is _CLASSES else None)
        if name is not None:
            given[name] = value
    return given


def _short(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0][:160] if text else "no message"


def _file() -> Path:
    return cache_folder() / "allowed-builders.json"
