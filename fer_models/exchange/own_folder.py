"""A checkpoint folder of this program, from a run or another computer, and changes to an imported one."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from fer_models.checkpoint import Checkpoint, read_checkpoint, save_checkpoint
from fer_models.errors import UserError
from fer_models.folders import expanded
from fer_models.storage import atomic_folder

#: Bytes of the largest folder that is copied.
LARGEST = 4_000_000_000


def copy_checkpoint(source: str | Path, folder: str | Path) -> Checkpoint:
    """Copy a checkpoint folder, or the best checkpoint of a run's folder, after its weights were verified.

    Args:
        source: A folder with ``config.json``, or a run's folder.
        folder: Where it is written; it must not exist.

    Raises:
        UserError: If it is no such folder, is damaged, or needs other checkpoints beside it.

    Example:
        >>> copy_checkpoint("checkpoints/mini-xception-fer2013", "mine").name
        'mine'
    """
    path = expanded(source)
    best = path / "checkpoints" / "best"
    checkpoint = read_checkpoint(best if best.is_dir() else path)
    checkpoint.build()  # verifies hash and shapes
    if checkpoint.beside:
        raise UserError(
            f"{checkpoint.name} takes weights from other checkpoints; copy those into the same parent folder."
        )
    files = [file for file in checkpoint.path.iterdir() if file.is_file() and not file.is_symlink()]
    if sum(file.stat().st_size for file in files) > LARGEST:
        raise UserError(f"{checkpoint.name} is larger than {LARGEST / 1e9:g} GB.")
    try:
        with atomic_folder(folder, replace=False) as new:
            for file in files:
                shutil.copyfile(file, new / file.name)
    except OSError as error:
        raise UserError(f"{Path(folder).name} cannot be written ({error.strerror}); choose another name.") from None
    return read_checkpoint(folder)


def rename_classes(checkpoint: Checkpoint, classes: Sequence[str]) -> Checkpoint:
    """Give the outputs of an imported network the same names in another order.

    Args:
        checkpoint: An imported network that was not measured yet.
        classes: Its class names in the new order.

    Raises:
        UserError: If it is another network, was measured, or the names differ.

    Example:
        >>> import torch
        >>> from fer_models import create_model
        >>> from fer_models.exchange.bring import Given, import_network
        >>> from fer_models.preprocess import Preprocess
        >>> torch.save(create_model("mini_xception", 2, 1).state_dict(), "weights.pt")
        >>> given = Given("mini_xception", ("happy", "sad"), Preprocess(size=48, channels=1))
        >>> rename_classes(import_network("weights.pt", given, "mine"), ("sad", "happy")).classes
        ('sad', 'happy')
    """
    if "imported" not in checkpoint.provenance or checkpoint.metrics:
        raise UserError(f"{checkpoint.name} was trained or measured with these class names; they cannot be changed.")
    if sorted(classes) != sorted(checkpoint.classes):
        raise UserError(
            f"The classes of {checkpoint.name} are {', '.join(checkpoint.classes)}; only their order can be changed."
        )
    model, preprocess = checkpoint.build(), checkpoint.preprocess
    return save_checkpoint(checkpoint.path, model, tuple(classes), preprocess, provenance=checkpoint.provenance)
