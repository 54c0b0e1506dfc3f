"""Where things lie on a user's disk: each place is one environment variable and one default."""

from __future__ import annotations

import os
from pathlib import Path


def _chosen(variable: str, default: Path) -> Path:
    """The folder of an environment variable, absolute, or the default where it is unset or empty."""
    value = os.environ.get(variable)
    return (expanded(value) if value else default).absolute()


def expanded(path: str | Path) -> Path:
    """A path with ``~`` replaced by the home folder, as it stands where there is no such home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def uploads_folder() -> Path:
    """What was unpacked from uploaded archives."""
    return cache_folder() / "uploads"


def runs_folder() -> Path:
    """Training runs: ``$FER_RUNS``, else ``runs`` in the current folder."""
    return _chosen("FER_RUNS", Path("runs"))


def cache_folder() -> Path:
    """What can be made again: ``$FER_CACHE``, else ``~/.cache/fer-workbench``."""
    return _chosen("FER_CACHE", Path.home() / ".cache" / "fer-workbench")


def checkpoints_folder() -> Path:
    """Trained networks that ship: ``$FER_CHECKPOINTS``, else ``checkpoints`` of the wheel or the clone."""
    here = Path(__file__).parent
    packed = here / "checkpoints"
    return _chosen("FER_CHECKPOINTS", packed if packed.is_dir() else here.parent / "checkpoints")


def networks_folder() -> Path:
    """Networks that the user added: ``$FER_NETWORKS``, else ``networks`` in the current folder."""
    return _chosen("FER_NETWORKS", Path("networks"))


def network_folders() -> list[Path]:
    """Every checkpoint folder that ships or was added, by name; one that ships comes before one of the same name.

    Example:
        >>> "mini-xception-fer2013" in [folder.name for folder in network_folders()]
        True
    """
    found: dict[str, Path] = {}
    for base in (checkpoints_folder(), networks_folder()):
        try:
            folders = [path for path in base.iterdir() if path.is_dir() and not path.name.startswith(".")]
        except OSError:
            continue
        for folder in folders:
            found.setdefault(folder.name, folder)
    return [found[name] for name in sorted(found)]


def checkpoint_name(folder: Path) -> str:
    """Name of a checkpoint folder, or of the run that it belongs to.

    Example:
        >>> checkpoint_name(Path("networks/mine"))
        'mine'
    """
    run = folder.parent.parent
    in_run = folder.parent.name == "checkpoints" and (run / "recipe.json").exists()
    return run.name if in_run else folder.name


def plugins_folder() -> Path | None:
    """Plug-ins, which run when the program starts: ``$FER_PLUGINS``, else ``plugins`` of a clone of this project.

    Never a folder of the current one: a folder that somebody sent must not run code.
    """
    project = Path(__file__).parents[1]
    if os.environ.get("FER_PLUGINS"):
        return _chosen("FER_PLUGINS", project)
    return project / "plugins" if (project / "pyproject.toml").exists() else None


def data_folder() -> Path:
    """The user's data sets: ``$FER_DATA``, else ``data`` in the current folder."""
    return _chosen("FER_DATA", Path("data"))
