"""How long a recipe would take on this machine: ten real steps in a child process, cached.

``python -m fer_models.training.probe`` reads a recipe as JSON from standard input and prints the measured speed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_models import plugins
from fer_models.errors import UserError
from fer_models.folders import cache_folder
from fer_models.progress import Progress, silent
from fer_models.settings import stored_or_none
from fer_models.storage import atomic_file
from fer_models.system import keep_freed_memory
from fer_models.training.recipe import Recipe

if TYPE_CHECKING:
    from fer_models.training.loop import Loop
    from fer_models.training.step import TrainingData  # it imports Fabric, which takes seconds

STEPS = 10
_WARM_UP = 2
_TIMEOUT = 600  # seconds
_POLL = 0.2
#: Fields that the time of a step or the number of steps does not depend on.
_FREE = (
    "lr",
    "weight_decay",
    "momentum",
    "schedule",
    "warmup_epochs",
    "lr_floor",
    "step_epochs",
    "step_factor",
    "gradient_clip",
    "epochs",
    "repeats",
    "patience",
    "monitor",
    "seed",
    "init_from",
)


@dataclass(frozen=True)
class Speed:
    """Result of ten steps.

    Args:
        step: seconds of one optimiser step.
        validation: seconds after each epoch (statistics and validation).
        pictures: training pictures.
        device: its name for people.
        images: of the whole data set; 0 where an earlier version measured.
    """

    step: float
    validation: float
    pictures: int
    device: str
    images: int = 0

    def steps(self, recipe: Recipe) -> int:
        """Optimiser steps of an epoch."""
        full, rest = divmod(self.pictures * recipe.passes(self.images or self.pictures), recipe.batch_size)
        return full + (rest > 1)

    def seconds(self, recipe: Recipe) -> float:
        """Estimated time of the whole run."""
        return recipe.epochs * (self.steps(recipe) * self.step + self.validation)


def known_speed(recipe: Recipe) -> Speed | None:
    """The speed that was measured earlier for the same network, data, size, batch and precision, if any."""
    return stored_or_none(speed_file(recipe), Speed)


def measure_speed(recipe: Recipe, progress: Progress = silent) -> Speed:
    """Take ten steps in a child process, unless they were taken before; the child frees its memory when it ends.

    Args:
        recipe: What to train.
        progress: Called several times a second; an exception raised in it ends the child.

    Raises:
        UserError: If the recipe cannot be trained; the message is the one that the run would end with.
    """
    if (measured := known_speed(recipe)) is not None:
        return measured
    code, output = _child(json.dumps(recipe.to_dict()), progress)
    lines = output.strip().splitlines()
    if code or not lines:
        raise UserError(lines[-1] if code == 2 and lines else "The ten training steps failed.")
    speed = Speed(**json.loads(lines[-1]))
    with atomic_file(speed_file(recipe)) as file:
        file.write_text(json.dumps(dataclasses.asdict(speed)), encoding="utf-8")
    return speed


def _child(text: str, progress: Progress) -> tuple[int, str]:
    """Exit code and output of a process that reads a recipe; it ends with this function, however that ends."""
    began, unsent = time.monotonic(), text or None
    process = subprocess.Popen(
        [sys.executable, "-m", "fer_models.training.probe"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            while True:
                try:
                    output = process.communicate(unsent, timeout=_POLL)[0]
                    return process.returncode, output
                except subprocess.TimeoutExpired:
                    unsent = None  # what was begun goes on
                    progress(0.0, "in a process of its own")
                if time.monotonic() - began > _TIMEOUT:
                    raise UserError("Ten steps took more than ten minutes; this recipe is too heavy for this machine.")
        finally:
            process.kill()


def take_steps(recipe: Recipe) -> Speed:
    """Measure in this process, on the first pictures of the recipe's own data; nothing is written.

    Raises:
        UserError: If the data or the network cannot be used.
    """
    from fer_models.training.build import build_loop, device_name, load_data, make_fabric

    fabric = make_fabric(recipe)
    preprocess = recipe.preprocess
    dataset, _, data = load_data(recipe, preprocess)
    loop = build_loop(dataclasses.replace(recipe, repeats=1), preprocess, dataset, data, fabric)
    whole = loop.data
    _epoch(loop, whole, _WARM_UP)
    taken, seconds = _epoch(loop, whole, STEPS)
    sample = min(len(whole.val_images), 512)
    loop.data = dataclasses.replace(whole, val_images=whole.val_images[:sample], val_targets=whole.val_targets[:sample])
    loop.sample = loop.sample[loop.sample < sample]
    began = time.perf_counter()
    loop.validate()
    refreshed = min(len(loop.data.train_images), 2048)
    each = (time.perf_counter() - began) / (sample + refreshed)
    pictures = len(whole.train_images)
    validation = each * (len(whole.val_images) + min(pictures, 2048))
    return Speed(seconds / taken, validation, pictures, device_name(fabric.device), len(dataset))


def _epoch(loop: Loop, whole: TrainingData, steps: int) -> tuple[int, float]:
    """An epoch of ``steps`` steps, or of all pictures if they are fewer: steps taken and their seconds."""
    n = min(steps * loop.recipe.batch_size, len(whole.train_images))
    loop.data = dataclasses.replace(whole, train_images=whole.train_images[:n], train_targets=whole.train_targets[:n])
    return loop.steps, float(loop.train_epoch(silent, lambda: False)["seconds"])


def speed_file(recipe: Recipe) -> Path:
    """The file that caches the speed of recipes like this one."""
    values: dict[str, Any] = {k: v for k, v in recipe.to_dict().items() if k not in _FREE}
    values["ema"] = recipe.ema > 0
    values["features_lr"] = recipe.features_lr > 0
    values["augmentation"] = {k: v > 0 for k, v in values["augmentation"].items()}
    values["machine"] = (os.environ.get("OMP_NUM_THREADS"), os.cpu_count(), os.environ.get("CUDA_VISIBLE_DEVICES"))
    digest = hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:20]
    return cache_folder() / "speeds" / f"{digest}.json"


def main() -> int:
    keep_freed_memory()  # as the worker does
    try:
        speed = take_steps(Recipe.from_dict(json.load(sys.stdin)))
    except UserError as error:
        print(error)
        return 2
    print(json.dumps(dataclasses.asdict(speed)))
    return 0


if __name__ == "__main__":
    plugins.load()
    sys.exit(main())
