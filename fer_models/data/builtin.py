"""The built-in faces as a data set: drawn once, split by subject, kept in the cache."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.listing import Listing
from fer_models.data.store import open_store, store_folder, write_store
from fer_models.progress import Progress, silent
from fer_models.settings import from_text
from fer_models.storage import locked

if TYPE_CHECKING:
    from fer_models.data.synthetic import SyntheticOptions

NAME = "synthetic"
SPLITS = ("train", "val", "test")
_SHARES = (0.70, 0.15, 0.15)


def open_synthetic(
    options: Mapping[str, str],
    *,
    size: int | None = None,
    channels: int | None = None,
    progress: Progress | None = None,
) -> FaceDataset:
    """The built-in faces for options given as text, as in ``"synthetic:count=2000,size=64,seed=0"``.

    Splits are 70 % train, 15 % val and 15 % test of the subjects. Columns: the intensity of each action unit, and
    ``landmarks`` (N, L, 2) in pixels. ``classes`` are divided by plus signs.

    Raises:
        UserError: If an option is unknown or out of range.
    """
    from fer_models.data import synthetic

    drawing = from_text(synthetic.SyntheticOptions, options)
    if size is not None:
        drawing = dataclasses.replace(drawing, size=size)
    if channels is not None:
        drawing = dataclasses.replace(drawing, colour=channels == 3)
    source = describe(drawing)
    folder = store_folder(source, NAME)
    opened = open_store(folder)
    if opened is not None:
        return opened
    with _drawing_alone(folder):
        return open_store(folder) or _draw(drawing, folder, source, progress or silent)


def is_drawn() -> bool:
    """Whether the cache holds the built-in faces, so that ``open_dataset("synthetic")`` need not draw them."""
    from fer_models.data import synthetic

    return open_store(store_folder(describe(synthetic.SyntheticOptions()), NAME)) is not None


@contextmanager
def _drawing_alone(folder: Path) -> Iterator[None]:
    """Wait while another process draws the same faces; where no lock can be held, both draw."""
    with ExitStack() as stack:
        with suppress(OSError):
            folder.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(folder.with_name(f".{folder.name}.lock")))
        yield


def _draw(drawing: SyntheticOptions, folder: Path, source: str, progress: Progress) -> FaceDataset:
    from fer_models.data import synthetic

    faces = synthetic.generate(drawing, progress)
    columns = {unit: faces.action_units[:, i] for i, unit in enumerate(synthetic.AU_NAMES)}
    listing = Listing(
        name=NAME,
        pictures=faces.images,
        labels=faces.labels,
        classes=faces.classes,
        split=split_by_subject(faces.subjects, drawing.seed),
        split_names=SPLITS,
        rows=np.arange(len(faces.labels)),
        subjects=faces.subjects,
        columns=columns | {"landmarks": faces.landmarks},
        # A store depends on the code that drew it.
        files=sorted(Path(synthetic.__path__[0]).glob("*.py")),
    )
    return write_store(folder, listing, source)


def describe(options: Any) -> str:
    """The name that :func:`fer_models.data.open_dataset` takes for a ``SyntheticOptions``."""
    default = type(options)()
    parts = []
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if value != getattr(default, field.name) or field.name in ("count", "size", "seed"):
            parts.append(f"{field.name}={'+'.join(value) if isinstance(value, tuple) else value}")
    return f"{NAME}:{','.join(parts)}"


def split_by_subject(subjects: np.ndarray, seed: int) -> np.ndarray:
    """int8 (N,) index into :data:`SPLITS`: 70, 15 and 15 % of the subjects, the same for the same seed."""
    names = np.unique(subjects)
    shuffled = names[np.random.default_rng(seed).permutation(len(names))]
    held_out = [max(1, round(len(names) * share)) if len(names) > 2 else 0 for share in _SHARES[1:]]
    split = np.zeros(len(subjects), np.int8)
    split[np.isin(subjects, shuffled[: held_out[0]])] = 1
    split[np.isin(subjects, shuffled[held_out[0] : sum(held_out)])] = 2
    return split
