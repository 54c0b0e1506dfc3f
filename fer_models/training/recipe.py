"""Recipe: everything that a training run is asked to do, as one dataclass; forms, files and flags are made from it."""

from __future__ import annotations

import dataclasses
import json
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from fer_models.data.augment import Augmentation
from fer_models.errors import UserError

PRESETS = Path(__file__).parent / "presets"


def _ask(default: Any, label: str, group: str, help: str = "", advanced: bool = False, **more: Any) -> Any:
    metadata = {"label": label, "group": group, "help": help, "advanced": advanced, **more}
    if isinstance(default, type) or callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Recipe:
    """One training run. ``metadata`` of each field holds label, group, help, range, and whether it is advanced.

    Raises:
        UserError: If a value is out of range; the message names the field.
    """

    data: str = _ask("synthetic", "Data set", "Data", "A known data set, or the path of a folder or CSV file.")
    protocol: str = _ask("official", "Split", "Data", "How training, validation and test are separated.")
    fold: int = _ask(0, "Fold", "Data", "Which fold is held out, counted from 0.", True, low=0, high=99)
    exclude_leaks: bool = _ask(
        False, "Leave out leaked rows", "Data", "Drop training pictures that have a copy in validation or test.", True
    )
    exclude: str = _ask(
        "", "Leave out rows of", "Data", "A CSV with row numbers of training pictures to leave out.", True
    )
    network: str = _ask("fcsdnet", "Network", "Network", "")
    options: dict[str, Any] = _ask(dict, "Options of the network", "Network", "Ablation switches as JSON.", True)
    size: int = _ask(48, "Input side, pixels", "Network", "Pictures are resized to this square.", low=16, high=512)
    channels: int = _ask(1, "Input channels", "Network", "1 is grey, 3 is RGB.", True, low=1, high=3)
    init_from: str = _ask("", "Start from checkpoint", "Network", "Folder; the head is replaced by class name.", True)
    features_lr: float = _ask(
        1.0,
        "Learning rate of the features, factor",
        "Network",
        "0 freezes all but the last layer.",
        True,
        low=0,
        high=1,
    )
    loss: str = _ask("cross_entropy", "Loss", "Optimisation", "", True)
    loss_options: dict[str, Any] = _ask(dict, "Options of the loss", "Optimisation", "As JSON.", True)
    teacher: str = _ask("", "Teacher checkpoint", "Optimisation", "For distillation: folder of the teacher.", True)
    optimiser: Literal["adam", "adamw", "sgd"] = _ask("adamw", "Optimiser", "Optimisation", "")
    lr: float = _ask(3e-3, "Learning rate", "Optimisation", "", low=1e-7, high=10)
    weight_decay: float = _ask(0.02, "Weight decay", "Optimisation", "", True, low=0, high=1)
    momentum: float = _ask(0.9, "Momentum", "Optimisation", "SGD with Nesterov only.", True, low=0, high=0.9999)
    schedule: Literal["constant", "cosine", "one_cycle", "step", "plateau", "warm_restarts"] = _ask(
        "one_cycle", "Schedule", "Optimisation", "How the learning rate moves."
    )
    warmup_epochs: float = _ask(0.0, "Warm-up, epochs", "Optimisation", "", True, low=0, high=100)
    lr_floor: float = _ask(0.0, "Lowest rate, part of the rate", "Optimisation", "", True, low=0, high=1)
    step_epochs: float = _ask(
        30.0,
        "Step, cycle or patience, epochs",
        "Optimisation",
        "Of step, warm restarts and plateau.",
        True,
        low=1,
        high=1000,
    )
    step_factor: float = _ask(0.5, "Factor of a step", "Optimisation", "", True, low=0.01, high=1)
    gradient_clip: float = _ask(
        0.0, "Gradient norm, at most", "Optimisation", "0 does not clip.", True, low=0, high=1e6
    )
    ema: float = _ask(
        0.0, "Averaged weights, decay", "Optimisation", "0 is off; 0.999 is usual.", True, low=0, high=0.99999
    )
    epochs: int = _ask(20, "Epochs", "Time", "", low=1, high=5000)
    repeats: int = _ask(1, "Passes an epoch", "Time", "Fresh random changes in each pass.", True, low=1, high=50)
    batch_size: int = _ask(128, "Batch", "Time", "", low=2, high=8192)
    patience: int = _ask(
        0,
        "Early stop, epochs",
        "Time",
        "Stop when validation did not improve for so long; 0 never.",
        True,
        low=0,
        high=5000,
    )
    monitor: Literal["val_accuracy", "val_loss", "val_macro_recall"] = _ask(
        "val_accuracy", "Best epoch by", "Time", "Ties go to the later epoch.", True
    )
    precision: Literal["auto", "float32", "bf16"] = _ask(
        "auto", "Precision", "Time", "auto takes bf16 where the device computes it.", True
    )
    sync_norms: bool = _ask(
        True, "Batch norm over all devices", "Time", "Where several processes train together.", True
    )
    seed: int = _ask(0, "Seed", "Time", "", True, low=0, high=2**31 - 1)
    augmentation: Augmentation = _ask(Augmentation, "Augmentation", "Augmentation", "")

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(Recipe)
        for f in dataclasses.fields(self):
            _check(f.name, getattr(self, f.name), hints[f.name], f.metadata)

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """From JSON; fields that are absent keep their defaults, names that start with ``_`` are comments.

        Raises:
            UserError: If a field is unknown or its value is not possible.
        """
        given = {k: v for k, v in values.items() if not k.startswith("_")}
        known = {f.name for f in dataclasses.fields(cls)}
        if unknown := sorted(set(given) - known):
            raise UserError(f"A recipe has no field {', '.join(unknown)}; it has: {', '.join(sorted(known))}.")
        changes = given.get("augmentation")
        if isinstance(changes, dict):
            fields = {f.name for f in dataclasses.fields(Augmentation)}
            changes = {k: v for k, v in changes.items() if not k.startswith("_")}
            if unknown := sorted(set(changes) - fields):
                raise UserError(
                    f"There is no augmentation {', '.join(unknown)}; there are: {', '.join(sorted(fields))}."
                )
            given["augmentation"] = Augmentation(**changes)
        return cls(**given)

    def with_settings(self, settings: list[str]) -> Recipe:
        """A copy with ``key=value`` pairs applied; dots reach into dictionaries, as in ``augmentation.rotation=18``.

        Raises:
            UserError: If a pair has no ``=``, or a key or value is not possible.
        """
        values = self.to_dict()
        for setting in settings:
            key, equals, text = setting.partition("=")
            if not equals:
                raise UserError(f"{setting!r} is not of the form key=value.")
            try:
                value = json.loads(text)
            except ValueError:
                value = text
            place = values
            *path, last = key.strip().split(".")
            for part in path:
                if not isinstance(place.get(part), dict):
                    raise UserError(f"A recipe has no part {part!r} to set {key!r} in.")
                place = place[part]
            place[last] = value
        return Recipe.from_dict(values)


def _check(name: str, value: Any, hint: Any, metadata: typing.Mapping[str, Any]) -> None:
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        if value not in choices:
            raise UserError(f"{name} is one of {', '.join(choices)}, not {value!r}.")
        return
    kind = typing.get_origin(hint) or hint
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (kind in (int, float) and isinstance(value, bool)):
        raise UserError(f"{name} takes a value of type {kind.__name__}, not {value!r}.")
    if "low" in metadata and not metadata["low"] <= value <= metadata["high"]:
        raise UserError(f"{name} must lie between {metadata['low']:g} and {metadata['high']:g}, not {value!r}.")


def read_recipe(path: str | Path) -> Recipe:
    """A recipe from a JSON file.

    Raises:
        UserError: If the file cannot be read or is not a recipe.
    """
    file = Path(path)
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(
            f"{file.name} is not a readable JSON recipe; write one with `fer train --preset quick --show`."
        ) from None
    if not isinstance(values, dict):
        raise UserError(f"{file.name} must hold one JSON object with the fields of a recipe.")
    return Recipe.from_dict(values)


def list_presets() -> dict[str, str]:
    """Names of the presets and what each is, sorted by name."""
    found = {}
    for file in sorted(PRESETS.glob("*.json")):
        found[file.stem] = json.loads(file.read_text(encoding="utf-8")).get("_about", "")
    return found


def load_preset(name: str) -> Recipe:
    """A recipe that comes with the library.

    Raises:
        UserError: If there is none of that name.
    """
    if name not in list_presets():
        raise UserError(f"There is no preset {name!r}; there are: {', '.join(list_presets())}.")
    return read_recipe(PRESETS / f"{name}.json")
