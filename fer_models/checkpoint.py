"""A checkpoint folder: weights, configuration, metrics and a card that travel together.

``weights.safetensors`` (float16 or float32), ``config.json`` (network, options, classes by name, Preprocess, hash of
the weights, provenance), ``metrics.json`` (every figure with its split, selection rule, n and interval), ``card.md``.
Nothing is ever unpickled. An ensemble may name checkpoints beside it instead of holding their weights again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor

from fer_models.architectures import create_model
from fer_models.architectures.base import FERNetwork
from fer_models.checkpoint_files import (
    CARD,
    CONFIG,
    FORMAT,
    METRICS,
    check_about,
    check_folder,
    misfit,
    read_config,
    read_figures,
)
from fer_models.display import Displayed
from fer_models.errors import UserError
from fer_models.files import read_regular
from fer_models.folders import checkpoint_name
from fer_models.preprocess import Preprocess
from fer_models.storage import atomic_file, atomic_folder
from fer_models.weights import WEIGHTS, Beside, describe, read_about, read_shapes, read_weights, write_weights


@dataclass(frozen=True)
class Checkpoint(Displayed):
    """The facts in a checkpoint folder; its weights are not loaded yet.

    Args:
        path: The folder.
        network: Key of the architecture.
        options: Its options as plain values.
        in_channels: Channels of its input.
        classes: Names of its outputs, in order.
        preprocess: From a picture to its input.
        sha256: Hex digest of the weight file alone; see :attr:`identity`.
        metrics: List of figures; each has ``metric, value, low, high, n, data, split, selection, averaging``.
        provenance: Data set, split, recipe, seed, epoch, versions.
    """

    path: Path
    network: str
    options: dict[str, Any]
    in_channels: int
    classes: tuple[str, ...]
    preprocess: Preprocess
    sha256: str
    metrics: list[dict[str, Any]] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the folder, or of the run that it belongs to."""
        return checkpoint_name(self.path)

    @property
    def card(self) -> str:
        """Text of ``card.md``, empty if there is none."""
        file = self.path / CARD
        return read_regular(file).decode("utf-8", "replace") if file.exists() else ""

    @property
    def identity(self) -> str:
        """Hex digest of everything that decides a prediction: weights, network, options, classes and preprocessing.

        Two checkpoints with the same identity give the same logits for the same picture, whatever their folders are
        called; caches use it as their key.
        """
        content = {
            "weights": self.sha256,
            "network": self.network,
            "options": self.options,
            "in_channels": self.in_channels,
            "classes": self.classes,
            "preprocess": self.preprocess.to_dict(),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def selection(self) -> str:
        """The part of the data that chose the weights, such as ``"PublicTest"``; ``""`` where it is not recorded."""
        if recorded := self.provenance.get("validation"):
            return str(recorded)
        return next((str(row["selection"]) for row in self.metrics if row.get("selection")), "")

    def figures(self, metric: str, averaging: str = "none") -> list[dict[str, Any]]:
        """Rows of ``metrics.json`` with that metric and test-time averaging, held-out parts first.

        A part of the selecting split, such as the split without its leaked pictures, is not held out: it chose the
        weights too.
        """
        wanted = (metric, averaging)
        rows = [row for row in self.metrics if (row["metric"], row.get("averaging", "none")) == wanted]
        return sorted((row for row in rows if row["value"] is not None), key=self._chose_weights)

    def accuracy(self, averaging: str = "none") -> dict[str, Any] | None:
        """The accuracy to show for this network: on held-out pictures where there are any, else on validation.

        Args:
            averaging: A key of :data:`fer_models.averaging.AVERAGINGS`.

        Returns:
            A row of ``metrics.json``, or ``None`` where the accuracy was not measured.

        Example:
            >>> from pathlib import Path
            >>> from fer_models.preprocess import Preprocess
            >>> row = {"metric": "accuracy", "selection": "val"}
            >>> rows = [row | {"value": 0.7, "split": "val"}, row | {"value": 0.6, "split": "test"}]
            >>> network = Checkpoint(Path("run"), "hog", {}, 1, ("happy", "sad"), Preprocess(), "", rows)
            >>> network.accuracy()["value"]
            0.6
        """
        return next(iter(self.figures("accuracy", averaging)), None)

    def _chose_weights(self, row: Mapping[str, Any]) -> bool:
        split, chosen = str(row.get("split", "")), str(row.get("selection") or self.selection)
        return split == chosen or split.startswith((f"{chosen} ", f"{chosen},"))

    def build(self) -> FERNetwork:
        """The network with the stored weights, float32, in evaluation mode, after the hash was verified.

        Raises:
            UserError: If the weight file is damaged, of another format, or does not fit the network.
        """
        self._check_shapes()
        state = self._state()
        model = create_model(self.network, len(self.classes), self.in_channels, **self.options)
        model.load_state_dict(state)
        return model.eval()

    def _check_shapes(self) -> None:
        """Compare the network with the header of its file before either takes memory.

        Raises:
            UserError: If a weight is missing, left over or of another shape.
        """
        try:
            with torch.device("meta"):
                model = create_model(self.network, len(self.classes), self.in_channels, **self.options)
            wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
        except (RuntimeError, OverflowError):  # sizes that no tensor can have
            wanted = {}
        if wanted != (found := self._shapes()):
            raise UserError(misfit(self.name, self.network, found))

    @property
    def beside(self) -> Beside:
        """Checkpoints beside this one that hold part of its weights: prefix of their names -> (folder, SHA-256).

        Raises:
            UserError: If the weight file is not safetensors.
        """
        return read_about(self.path).beside

    @property
    def size(self) -> int:
        """Bytes of the weight files that the network is read from."""
        neighbours = sum(self._neighbour(*entry).size for entry in set(self.beside.values()))
        return (self.path / WEIGHTS).stat().st_size + neighbours

    def _state(self) -> dict[str, Tensor]:
        """Every weight by its name in the network, floats as float32, after the hashes were verified."""
        state = read_weights(self.path, self.sha256)
        for prefix, entry in self.beside.items():
            state |= {prefix + key: value for key, value in self._neighbour(*entry)._state().items()}
        return state

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        shapes = read_shapes(self.path)
        for prefix, entry in self.beside.items():
            shapes |= {prefix + key: shape for key, shape in self._neighbour(*entry)._shapes().items()}
        return shapes

    def _neighbour(self, name: str, sha256: str) -> Checkpoint:
        if not (self.path.parent / name).is_dir():
            raise UserError(
                f"{self.path.name} takes part of its weights from the checkpoint {name}, which should be in the same "
                "folder: copy both, or make it again with fer ensemble."
            )
        neighbour = _read(self.path.parent / name)
        if neighbour.beside:  # an ensemble holds no ensembles: two that name each other would never end
            raise UserError(f"{name} cannot be part of {self.path.name}: it is made of other checkpoints itself.")
        if neighbour.sha256 != sha256:
            raise UserError(
                f"{self.path.name} was made with other weights of {name} than the folder beside it has now; "
                "restore those or make it again with fer ensemble."
            )
        return neighbour


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint folder's configuration and figures.

    Raises:
        UserError: If a file is missing or unreadable, the format is unknown, or a checkpoint that holds part of the
            weights is not beside it; the message names it.
    """
    checkpoint = _read(path)
    for entry in checkpoint.beside.values():
        checkpoint._neighbour(*entry)
    return checkpoint


def _read(path: str | Path) -> Checkpoint:
    folder = Path(path)
    check_folder(folder)
    stored = read_config(folder)
    check_about(folder, stored, read_about(folder))
    figures = read_figures(folder)
    return Checkpoint(
        path=folder.resolve(),
        network=stored.network,
        options=stored.options,
        in_channels=stored.in_channels,
        classes=stored.classes,
        preprocess=stored.preprocess,
        sha256=stored.weights_sha256,
        metrics=figures,
        provenance=stored.provenance.model_dump(exclude_unset=True),
    )


def save_checkpoint(
    path: str | Path,
    model: FERNetwork,
    classes: tuple[str, ...],
    preprocess: Preprocess,
    *,
    provenance: dict[str, Any] | None = None,
    dtype: str = "float32",
    beside: Mapping[str, Checkpoint] | None = None,
) -> Checkpoint:
    """Write a checkpoint folder atomically, still without figures and card (:func:`write_figures` adds them).

    Args:
        path: The folder; an earlier checkpoint in it is replaced.
        model: The network.
        classes: Names of its outputs, in order.
        preprocess: From a picture to its input.
        provenance: Data set, split, recipe, seed, epoch, versions.
        dtype: ``"float16"`` halves the file; integer buffers stay as they are.
        beside: Checkpoints in the same parent folder whose weights are named, not written again; the key is the prefix
            of their names in this network, such as ``"members.0."``.

    Raises:
        UserError: If the folder cannot be written, for instance on a full disk; an earlier checkpoint stays.
    """
    folder = Path(path)
    neighbours = {prefix: (part.path.name, part.sha256) for prefix, part in (beside or {}).items()}
    about = describe(model, classes, preprocess, neighbours)
    config = {
        "format": FORMAT,
        **about.model_dump(exclude={"beside"}),
        "weights_dtype": dtype,
        "provenance": provenance or {},
    }
    try:
        with atomic_folder(folder) as new:
            config["weights_sha256"] = write_weights(new, model, about, dtype)
            (new / CONFIG).write_text(json.dumps(config, indent=2), encoding="utf-8")
            (new / METRICS).write_text("[]", encoding="utf-8")
            (new / CARD).write_text("", encoding="utf-8")
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or "the file system refused it"
        raise UserError(
            f"The checkpoint {folder.name} could not be written ({reason}); free some disk space and try again."
        ) from None
    return read_checkpoint(folder)


def write_figures(path: str | Path, metrics: list[dict[str, Any]], card: str | None = None) -> None:
    """Replace ``metrics.json``, and ``card.md`` where given, of a checkpoint; each file atomically."""
    finite = [{name: None if value != value else value for name, value in row.items()} for row in metrics]
    texts = {METRICS: json.dumps(finite, indent=2, allow_nan=False)} | ({CARD: card} if card is not None else {})
    for name, text in texts.items():
        with atomic_file(Path(path) / name) as file:
            file.write_text(text, encoding="utf-8")
