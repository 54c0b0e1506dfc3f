"""Recipe: all settings of a training run in one dataclass, from which forms, files and flags are made."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from fer_models.data.augment import Augmentation
from fer_models.data.joined import with_joined_data
from fer_models.errors import UserError
from fer_models.faces.image import Interpolation
from fer_models.files import read_regular
from fer_models.preprocess import Preprocess
from fer_models.settings import checked, from_values, json_schema, nested, parse_json, without_comments

PRESETS = Path(__file__).parent / "presets"
PRESET_TEACHER = "preset:"  # before the name of a preset that trains the teacher


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """Options as a form can show them: numbers, words, switches, and lists of those."""
    for name, value in values.items():
        parts = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(part, bool | int | float | str) and _finite(part) for part in parts):
            raise ValueError(f"option {name[:40]} must be a number, a word, true or false, or a list of those.")
    return values


def _finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _field(label: str, group: str, description: str, *, advanced: bool = False, **bounds: Any) -> Any:
    form: dict[str, Any] = {"group": group, "advanced": advanced}
    return Field(title=label, description=description, json_schema_extra=form, **bounds)


def _basic(label: str, group: str, description: str, **bounds: Any) -> Any:
    return _field(label, group, description, advanced=False, **bounds)


def _advanced(label: str, group: str, description: str, **bounds: Any) -> Any:
    return _field(label, group, description, advanced=True, **bounds)


_DATA, _NETWORK, _OPTIMISATION, _TIME = "Data", "Network", "Optimisation", "Time"
_Options = Annotated[dict[str, Any], AfterValidator(_flat)]


@checked("Recipe")
class Recipe:
    """One training run. Each field holds its label, group, description and range, and whether it is advanced.

    Raises:
        UserError: If a value is not possible; the message names the field.

    Example:
        >>> Recipe(network="resnet18", epochs=5).lr
        0.003
    """

    data: Annotated[str, _basic("Data set", _DATA, "A known data set or a path; several as 'a + b'.")] = "synthetic"
    protocol: Annotated[str, _basic("Split", _DATA, "How training, validation and test are separated.")] = "official"
    fold: Annotated[int, _advanced("Fold", _DATA, "Which fold is held out, counted from 0.", ge=0, le=99)] = 0
    exclude_leaks: Annotated[
        bool,
        _advanced("Leave out leaked rows", _DATA, "Drop training images that have a copy in validation or test."),
    ] = False
    exclude: Annotated[
        str, _advanced("Leave out listed rows", _DATA, "A CSV with the row numbers of training images to leave out.")
    ] = ""
    network: Annotated[str, _basic("Network", _NETWORK, "Key of the architecture.")] = "fcsdnet"
    options: Annotated[_Options, _advanced("Options of the network", _NETWORK, "Ablation switches as JSON.")] = (
        dataclasses.field(default_factory=dict)
    )
    size: Annotated[
        int, _basic("Input side, pixels", _NETWORK, "Images are resized to a square of this side.", ge=16, le=512)
    ] = 48
    channels: Annotated[int, _advanced("Input channels", _NETWORK, "1 is grey, 3 is RGB.", ge=1, le=3)] = 1
    mean: Annotated[
        float,
        _advanced(
            "Input mean", _NETWORK, "Taken from pixels in [0, 1]. Mean 0.5 and SD 0.5 give [-1, 1]; 0 and 1, [0, 1]."
        ),
    ] = 0.5
    std: Annotated[float, _advanced("Input SD", _NETWORK, "Pixels are divided by it.", gt=0, le=10)] = 0.5
    interpolation: Annotated[
        Interpolation,
        _advanced("Resizing", _NETWORK, "cubic: bicubic to enlarge, area means to shrink. bilinear: linear in both."),
    ] = "cubic"
    init_from: Annotated[
        str, _advanced("Start from checkpoint", _NETWORK, "A folder; head outputs are matched by class name.")
    ] = ""
    features_lr: Annotated[
        float,
        _advanced("Learning rate of the features, factor", _NETWORK, "0 freezes all but the last layer.", ge=0, le=1),
    ] = 1.0
    loss: Annotated[str, _advanced("Loss", _OPTIMISATION, "What training minimises.")] = "cross_entropy"
    loss_options: Annotated[_Options, _advanced("Options of the loss", _OPTIMISATION, "As JSON.")] = dataclasses.field(
        default_factory=dict
    )
    teacher: Annotated[
        str,
        _advanced(
            "Teacher checkpoint",
            _OPTIMISATION,
            "For distillation: folder of the teacher, or preset:NAME to train it first.",
        ),
    ] = ""
    optimiser: Annotated[
        Literal["adam", "adamw", "sgd"], _basic("Optimiser", _OPTIMISATION, "The rule that updates the weights.")
    ] = "adamw"
    lr: Annotated[
        float, _basic("Learning rate", _OPTIMISATION, "The highest rate of the schedule.", ge=1e-7, le=10)
    ] = 3e-3
    weight_decay: Annotated[float, _advanced("Weight decay", _OPTIMISATION, "0 is off.", ge=0, le=1)] = 0.02
    momentum: Annotated[float, _advanced("Momentum", _OPTIMISATION, "SGD with Nesterov only.", ge=0, le=0.9999)] = 0.9
    schedule: Annotated[
        Literal["constant", "cosine", "one_cycle", "step", "plateau", "warm_restarts"],
        _basic("Schedule", _OPTIMISATION, "How the learning rate moves."),
    ] = "one_cycle"
    warmup_epochs: Annotated[
        float,
        _advanced("Warm-up, epochs", _OPTIMISATION, "The rate rises from 0 over this many epochs.", ge=0, le=100),
    ] = 0.0
    lr_floor: Annotated[
        float,
        _advanced("Lowest rate, share of the highest", _OPTIMISATION, "Where a cosine schedule ends.", ge=0, le=1),
    ] = 0.0
    step_epochs: Annotated[
        float,
        _advanced(
            "Step, cycle or patience, epochs", _OPTIMISATION, "For step, warm restarts and plateau.", ge=1, le=1000
        ),
    ] = 30.0
    step_factor: Annotated[
        float, _advanced("Decay factor", _OPTIMISATION, "The learning rate is multiplied by it.", ge=0.01, le=1)
    ] = 0.5
    gradient_clip: Annotated[float, _advanced("Gradient clipping, norm", _OPTIMISATION, "0 is off.", ge=0, le=1e6)] = (
        0.0
    )
    ema: Annotated[
        float,
        _advanced("Weight averaging (EMA), decay", _OPTIMISATION, "0 is off; 0.999 is usual.", ge=0, le=0.99999),
    ] = 0.0
    epochs: Annotated[int, _basic("Epochs", _TIME, "How often the training images are seen.", ge=1, le=5000)] = 20
    repeats: Annotated[
        int,
        _advanced(
            "Passes per epoch",
            _TIME,
            "Each pass draws new augmentations. 0 chooses by the size of the data set, as in Long 2024: 10 below "
            "5,000 images, 5 up to 20,000, 3 above.",
            ge=0,
            le=50,
        ),
    ] = 1
    batch_size: Annotated[int, _basic("Batch", _TIME, "Images per training step.", ge=2, le=8192)] = 128
    patience: Annotated[
        int,
        _advanced(
            "Early stop, epochs", _TIME, "Stop after this many epochs without improvement; 0 is off.", ge=0, le=5000
        ),
    ] = 0
    monitor: Annotated[
        Literal["val_accuracy", "val_loss", "val_macro_recall"],
        _advanced("Best epoch by", _TIME, "Ties go to the later epoch."),
    ] = "val_accuracy"
    precision: Annotated[
        Literal["auto", "float32", "bf16"],
        _advanced("Precision", _TIME, "auto uses bf16 where the device supports it."),
    ] = "auto"
    sync_norms: Annotated[
        bool, _advanced("Batch norm across devices", _TIME, "For training with several processes.")
    ] = True
    seed: Annotated[
        int, _advanced("Seed", _TIME, "For the initial weights and all random choices.", ge=0, le=2**31 - 1)
    ] = 0
    augmentation: Annotated[
        Augmentation, nested(Augmentation), _basic("Augmentation", "Augmentation", "Random changes to each image.")
    ] = dataclasses.field(default_factory=Augmentation)

    @property
    def preprocess(self) -> Preprocess:
        """What happens to a face before the network."""
        return Preprocess(self.size, self.channels, self.mean, self.std, interpolation=self.interpolation)

    def passes(self, images: int) -> int:
        """Passes an epoch over a data set of so many images.

        Example:
            >>> [Recipe(repeats=0).passes(images) for images in (981, 15_339, 35_887)]
            [10, 5, 3]
        """
        return self.repeats or (10 if images < 5_000 else 5 if images <= 20_000 else 3)

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Any) -> Recipe:
        """From JSON; fields that are absent keep their defaults, names that start with ``_`` are comments.

        ``data`` may be a list of sets, which are joined, and ``class_map`` an object that renames their classes or, to
        an empty word, leaves them out.

        Raises:
            UserError: If a field is unknown or its value is not possible.
        """
        return from_values(cls, with_joined_data(without_comments(values)))

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
                value = parse_json(text)
            except ValueError:
                value = text
            parent = values
            *path, last = key.strip().split(".")
            for part in path:
                if not isinstance(parent.get(part), dict):
                    raise UserError(f"A recipe has no part {part!r} to set {key!r} in.")
                parent = parent[part]
            parent[last] = value
        return Recipe.from_dict(values)


def read_recipe(path: str | Path) -> Recipe:
    """A recipe from a JSON file.

    Raises:
        UserError: If the file cannot be read or is not a recipe.
    """
    file = Path(path)
    try:
        values = parse_json(read_regular(file))
    except (OSError, ValueError):
        raise UserError(
            f"{file.name} is not a readable JSON recipe; write one with `fer train --preset quick --show`."
        ) from None
    if not isinstance(values, dict):
        raise UserError(f"{file.name} must hold one JSON object with the fields of a recipe.")
    return Recipe.from_dict(values)


def list_presets() -> dict[str, str]:
    """Names and descriptions of the presets, sorted by name."""
    return {file.stem: json.loads(file.read_text(encoding="utf-8")).get("_about", "") for file in _presets()}


def load_preset(name: str) -> Recipe:
    """A recipe that comes with the library.

    Raises:
        UserError: If there is none of that name.
    """
    files = {file.stem: file for file in _presets()}
    if name not in files:
        raise UserError(f"There is no preset {name!r}; there are: {', '.join(files)}.")
    return read_recipe(files[name])


def _presets() -> list[Path]:
    return sorted(PRESETS.glob("*.json"))


def recipe_schema(recipe: Recipe) -> dict[str, Any]:
    """JSON schema of a recipe's fields, in which the options are those of its network and its loss.

    Raises:
        UserError: If there is no such network or loss.
    """
    from fer_models.architectures import ARCHITECTURES
    from fer_models.losses import LOSSES

    schema = json_schema(Recipe)
    fields = schema["properties"]
    fields["options"] |= json_schema(ARCHITECTURES[recipe.network].Options)
    fields["loss_options"] |= json_schema(LOSSES[recipe.loss].option_type())
    return schema
