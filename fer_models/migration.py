"""Bring checkpoints of version 0.2 and before to today's form: the weight file says what its network is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from safetensors import safe_open

from fer_models.checkpoint_files import CARD, CONFIG, read_config
from fer_models.errors import UserError
from fer_models.storage import atomic_file
from fer_models.weights import WEIGHTS, About, file_sha256, read_about, write_file

#: A network of sequences inside a checkpoint folder, which names the weights that it was trained over.
_SEQUENCE = "sequence"
#: Digits by which an ensemble names the weights of a member to people.
_SHORT = 12


def is_old(folder: str | Path) -> bool:
    """Whether the weight file of a checkpoint does not say yet what its classes and its preprocessing are.

    Raises:
        UserError: If it is not safetensors.
    """
    return read_about(Path(folder)).classes is None


def migrate(folders: Sequence[str | Path]) -> dict[str, str]:
    """Rewrite old checkpoints in place; weights, figures and card stay, hashes follow.

    Checkpoints that hold others' weights by name must be migrated together with those.

    Args:
        folders: Checkpoint folders, in any order; those in today's form are left alone.

    Returns:
        Name of each folder that was rewritten, and its new SHA-256.

    Raises:
        UserError: If a folder is damaged, or its weights are not those that were saved.
    """
    paths = [Path(folder).resolve() for folder in folders]
    about = {path: read_about(path) for path in paths}
    hashes: dict[str, str] = {}
    done: dict[str, str] = {}
    for path in sorted(paths, key=lambda path: bool(about[path].beside)):  # members before their ensembles
        beside = {prefix: (name, hashes.get(old, old)) for prefix, (name, old) in about[path].beside.items()}
        if about[path].classes is not None and beside == about[path].beside:
            continue
        old, new = _rewrite(path, about[path].model_copy(update={"beside": beside}), hashes)
        hashes[old] = done[path.name] = new
    return done


def _rewrite(folder: Path, about: About, hashes: Mapping[str, str]) -> tuple[str, str]:
    """Old and new SHA-256 of a checkpoint whose files were written again; ``hashes`` of its members likewise."""
    config = read_config(folder)
    old = file_sha256(folder / WEIGHTS)
    if old != config.weights_sha256:
        raise UserError(f"The weights of {folder.name} are not the ones that were saved; copy the folder again.")
    with safe_open(folder / WEIGHTS, "pt") as weights:
        state = {name: weights.get_tensor(name) for name in weights.keys()}  # noqa: SIM118
    whole = About(
        network=config.network,
        options=config.options,
        in_channels=config.in_channels,
        classes=config.classes,
        preprocess=config.preprocess.to_dict(),
        beside=about.beside,
    )
    texts = {name: (folder / name).read_text("utf-8") for name in _texts(folder)}
    try:
        with atomic_file(folder / WEIGHTS) as file:
            new = write_file(file, state, whole)
            texts[CONFIG] = json.dumps(json.loads(texts[CONFIG]) | {"weights_sha256": new}, indent=2)
            for name, text in texts.items():
                with atomic_file(folder / name) as other:
                    other.write_text(_replaced(text, {**hashes, old: new}), "utf-8")
    except OSError as error:
        raise UserError(f"{folder.name} cannot be written ({error.strerror}); check its permissions.") from None
    return old, new


def _replaced(text: str, hashes: Mapping[str, str]) -> str:
    for old, new in hashes.items():
        text = text.replace(old, new).replace(f"({old[:_SHORT]})", f"({new[:_SHORT]})")
    return text


def _texts(folder: Path) -> list[str]:
    """Files that name the hash of the weights."""
    names = (CONFIG, CARD, f"{_SEQUENCE}/{CONFIG}")
    return [name for name in names if (folder / name).is_file()]
