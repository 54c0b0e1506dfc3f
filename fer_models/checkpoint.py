"""A checkpoint folder: weights, configuration, metrics and a card that travel together.

``weights.safetensors`` (float16 or float32), ``config.json`` (network, options, classes by name, Preprocess, hash of
the weights, provenance), ``metrics.json`` (every figure with its split, selection rule, n and interval), ``card.md``.
Nothing is ever unpickled. An ensemble may name checkpoints beside it instead of holding their weights again; it does so
inside its weight file, whose hash thereby is of those weights too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import torch
from pydantic import Field
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from fer_models.architectures import create_model
from fer_models.architectures.base import FERNetwork
from fer_models.errors import UserError
from fer_models.preprocess import Preprocess
from fer_models.settings import checked, from_values, nested, parse_json
from fer_models.storage import atomic_file, atomic_folder

if TYPE_CHECKING:
    pass

FORMAT = 1
WEIGHTS, CONFIG, METRICS, CARD = "weights.safetensors", "config.json", "metrics.json", "card.md"
_ABOUT = "fer_models"  # one entry of the weight file's metadata: of several, the order would not be certain
_DTYPES = {"float16": torch.float16, "float32": torch.float32}


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint folder says of itself, with its weights not yet loaded.

    Args:
        path: the folder.
        network: key of the architecture.
        options: its options as plain values.
        sha256: hex digest of the weight file alone; see :attr:`identity`.
        metrics: list of figures; each has ``metric, value, low, high, n, data, split, selection, averaging``.
        provenance: data set, split, recipe, seed, epoch, versions.
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
        return (
            self.path.parent.parent.name
            if self.path.parent.name == "checkpoints" and (self.path.parent.parent / "recipe.json").exists()
            else self.path.name
        )

    @property
    def card(self) -> str:
        """Text of ``card.md``, empty if there is none."""
        file = self.path / CARD
        return file.read_text(encoding="utf-8") if file.exists() else ""

    @property
    def identity(self) -> str:
        """Hex digest of all that decides an answer: weights, network, options, classes and preprocessing.

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
        rows = [row for row in self.metrics if row["metric"] == metric and row.get("averaging", "none") == averaging]
        return sorted(rows, key=self._chose_weights)

    def accuracy(self, averaging: str = "none") -> dict[str, Any] | None:
        """The accuracy to show for this network: on held-out pictures where there are any, else on validation.

        Args:
            averaging: a key of :data:`fer_models.averaging.AVERAGINGS`.

        Returns:
            A row of ``metrics.json``, or ``None`` where the accuracy was not measured.

        Example:
            >>> from pathlib import Path
            >>> from fer_models.preprocess import Preprocess
            >>> rows = [
            ...     {"metric": "accuracy", "value": 0.7, "split": "val", "selection": "val"},
            ...     {"metric": "accuracy", "value": 0.6, "split": "test", "selection": "val"},
            ... ]
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
        state = self._state()
        model = create_model(self.network, len(self.classes), self.in_channels, **self.options)
        try:
            model.load_state_dict(state)
        except RuntimeError:
            raise UserError(
                f"The weights of {self.path.name} do not fit {self.network} with the options in its {CONFIG}; "
                "one of the two was changed."
            ) from None
        return model.eval()

    @property
    def beside(self) -> dict[str, tuple[str, str]]:
        """Checkpoints beside this one that hold part of its weights: what their names begin with -> (folder, SHA-256).

        Raises:
            UserError: If the weight file is not safetensors.
        """
        with self._weights() as opened:
            named = json.loads((opened.metadata() or {}).get(_ABOUT, "{}")).get("beside", {})
            return {prefix: (Path(name).name, sha256) for prefix, (name, sha256) in named.items()}

    @property
    def size(self) -> int:
        """Bytes of the weight files that the network is read from."""
        own = (self.path / WEIGHTS).stat().st_size
        return own + sum(self._neighbour(*named).size for named in set(self.beside.values()))

    def _state(self) -> dict[str, Tensor]:
        """Every weight by its name in the network, floats as float32, after the hashes were verified."""
        if _sha256(self.path / WEIGHTS) != self.sha256:
            raise UserError(
                f"The weights of {self.path.name} are not the ones that were saved (their SHA-256 differs); "
                "copy the folder again from where it came."
            )
        with self._weights() as opened:
            state = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        state = {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
        for prefix, named in self.beside.items():
            state |= {prefix + key: value for key, value in self._neighbour(*named)._state().items()}
        return state

    @contextmanager
    def _weights(self) -> Iterator[Any]:
        try:
            with safe_open(self.path / WEIGHTS, "pt") as opened:
                yield opened
        except (SafetensorError, OSError, ValueError, TypeError, AttributeError):
            raise UserError(
                f"{WEIGHTS} in {self.path.name} is not a safetensors file of this workbench; other formats are never "
                "opened, since they can run code. Save the network again with this workbench."
            ) from None

    def _neighbour(self, name: str, sha256: str) -> Checkpoint:
        if not (self.path.parent / name).is_dir():
            raise UserError(
                f"{self.path.name} takes part of its weights from the checkpoint {name}, which should stand beside it: "
                "copy both, or make it again with fer ensemble."
            )
        found = _read(self.path.parent / name)
        if found.beside:  # an ensemble has no ensembles in it, and two that name each other would never end
            raise UserError(f"{name} cannot be part of {self.path.name}: it is made of other checkpoints itself.")
        if found.sha256 != sha256:
            raise UserError(
                f"{self.path.name} was made with other weights of {name} than stand beside it now; "
                "put those back or make it again with fer ensemble."
            )
        return found


@checked(CONFIG, extra="ignore")
class _Config:
    """What ``config.json`` holds."""

    network: str
    options: dict[str, Any]
    in_channels: Annotated[int, Field(ge=1, le=3)]
    classes: Annotated[tuple[str, ...], Field(strict=False, min_length=2)]
    preprocess: Annotated[Preprocess, nested(Preprocess)]
    weights_sha256: str
    provenance: dict[str, Any] = field(default_factory=dict)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _json(file: Path, folder: str) -> Any:
    try:
        return parse_json(file.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        raise UserError(f"{file.name} in {folder} is not readable JSON; copy the checkpoint folder again.") from None


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint folder's configuration and figures.

    Raises:
        UserError: If a file is missing or unreadable, the format is not known, or a checkpoint that holds part of the
            weights is not beside it; the message names it.
    """
    checkpoint = _read(path)
    for named in checkpoint.beside.values():
        checkpoint._neighbour(*named)
    return checkpoint


def _read(path: str | Path) -> Checkpoint:
    folder = Path(path)
    if not folder.is_dir():
        raise UserError(f"There is no checkpoint folder {folder.name!r}; choose one that holds {WEIGHTS} and {CONFIG}.")
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise UserError(f"The checkpoint {folder.name} has no {name}; copy the whole folder again.")
    config = _json(folder / CONFIG, folder.name)
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise UserError(f"{CONFIG} in {folder.name} has a format that this version does not know (it reads {FORMAT}).")
    metrics = _json(folder / METRICS, folder.name) if (folder / METRICS).exists() else []
    stored = from_values(_Config, config)
    return Checkpoint(
        path=folder.resolve(),
        network=stored.network,
        options=stored.options,
        in_channels=stored.in_channels,
        classes=stored.classes,
        preprocess=stored.preprocess,
        sha256=stored.weights_sha256,
        metrics=metrics,
        provenance=stored.provenance,
    )


def save_checkpoint(
    path: str | Path,
    model: FERNetwork,
    classes: tuple[str, ...],
    preprocess: Preprocess,
    *,
    metrics: list[dict[str, Any]] | None = None,
    provenance: dict[str, Any] | None = None,
    card: str = "",
    dtype: str = "float32",
    beside: Mapping[str, Checkpoint] | None = None,
) -> Checkpoint:
    """Write a checkpoint folder atomically: a reader sees the old one or the new one, never a half.

    Args:
        dtype: ``"float16"`` halves the file; integer buffers stay as they are.
        beside: checkpoints in the same parent folder whose weights are named, not written again; the key is what their
            names begin with in this network, such as ``"members.0."``.

    Raises:
        UserError: If the folder cannot be written, for instance on a full disk; an earlier checkpoint stays.
    """
    folder = Path(path)
    state = {
        name: value.detach().to("cpu", _DTYPES[dtype] if value.is_floating_point() else value.dtype).contiguous()
        for name, value in model.state_dict().items()
        if not name.startswith(tuple(beside or ()))
    }
    # The hash of the file stands for the whole network, so all that makes the network is in it.
    about: dict[str, Any] = {"network": model.key, "options": model.options_dict()}
    if beside:
        about["beside"] = {prefix: (part.path.name, part.sha256) for prefix, part in beside.items()}
    config = {
        "format": FORMAT,
        "network": model.key,
        "options": model.options_dict(),
        "in_channels": model.in_channels,
        "classes": list(classes),
        "preprocess": preprocess.to_dict(),
        "weights_dtype": dtype,
        "provenance": provenance or {},
    }
    try:
        with atomic_folder(folder) as new:
            save_file(state, new / WEIGHTS, {_ABOUT: json.dumps(about, sort_keys=True)})
            (new / WEIGHTS).chmod(0o644)  # the library makes it readable to its owner alone
            config["weights_sha256"] = _sha256(new / WEIGHTS)
            (new / CONFIG).write_text(json.dumps(config, indent=2), encoding="utf-8")
            (new / METRICS).write_text(json.dumps(metrics or [], indent=2), encoding="utf-8")
            (new / CARD).write_text(card, encoding="utf-8")
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or "the file system refused it"
        raise UserError(
            f"The checkpoint {folder.name} could not be written ({reason}); make room and try again."
        ) from None
    return read_checkpoint(folder)


def write_figures(path: str | Path, metrics: list[dict[str, Any]], card: str | None = None) -> None:
    """Replace ``metrics.json``, and ``card.md`` where given, of a checkpoint; each file atomically."""
    folder = Path(path)
    texts = {METRICS: json.dumps(metrics, indent=2)} | ({CARD: card} if card is not None else {})
    for name, text in texts.items():
        with atomic_file(folder / name) as file:
            file.write_text(text, encoding="utf-8")
