"""What may be taken as independent: the people of the images."""

from __future__ import annotations

import numpy as np

from fer_models.data.dataset import FaceDataset


def units_of(dataset: FaceDataset, positions: np.ndarray) -> np.ndarray | None:
    """int64 (N,), the person of each image at these positions; ``None`` where nobody is known."""
    return None if dataset.people is None else dataset.people[positions]


def people_in(units: np.ndarray | None) -> int | None:
    """Number of people in units (N,), one for each image; ``None`` where it is not known or each has one image."""
    found = 0 if units is None else len(np.unique(units))
    return found if units is not None and 0 < found < len(units) else None
