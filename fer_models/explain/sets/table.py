"""What was found in a whole split, as a table, as bars with intervals, and as sentences."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fer_models.errors import UserError
from fer_models.evaluation.intervals import Estimate, mean_estimates
from fer_models.evaluation.sentence import interval_text
from fer_models.explain.sets.batch import AGREEMENTS, ExplainedSet
from fer_models.labels import EMOTION_ACTION_UNITS, canonical, is_emotion
from fer_models.tables import csv_text

if TYPE_CHECKING:
    import pandas as pd

_RESAMPLES = 1000


@dataclass(frozen=True)
class RegionShare:
    """Mean share of the relevance in a region with its 95 % interval, and the mean share of the picture it covers."""

    name: str
    share: Estimate
    area: float


def table(explained: ExplainedSet, files: np.ndarray | None = None) -> pd.DataFrame:
    """One line a picture: row, label, prediction, confidence, target, shares of the regions, alarm, and agreement.

    Classes are names; a label that is no class of the network is empty. ``background_alarm`` is whether the
    background holds more than its share of the picture; ``units_*`` is the agreement with the action units.

    Args:
        explained: the explained pictures.
        files: file name of every picture of the data set, for a column ``file``.
    """
    import pandas as pd

    names = np.array([*explained.classes, ""])
    columns: dict[str, np.ndarray] = {
        "row": explained.rows,
        "position": explained.positions,
        "label": names[explained.labels],
        "prediction": names[explained.predictions],
        "confidence": explained.confidence,
        "target": names[explained.targets],
        "positive_evidence": explained.positive,
    }
    if files is not None:
        columns = {"file": np.asarray(files)[explained.positions]} | columns
    columns |= {f"share_{name.replace(' ', '_')}": share for name, share in explained.regions.items()}
    columns["area_background"] = explained.areas["background"]
    columns["background_alarm"] = explained.alarm
    columns |= {f"units_{name}": explained.agreement[name] for name in AGREEMENTS}
    return pd.DataFrame(columns)


def csv_bytes(explained: ExplainedSet, files: np.ndarray | None = None) -> bytes:
    """:func:`table` as a CSV file."""
    frame = table(explained, files)
    return csv_text(frame.columns, frame.itertuples(index=False, name=None), digits=6).encode()


def parquet_bytes(explained: ExplainedSet, files: np.ndarray | None = None) -> bytes:
    """:func:`table` as a Parquet file.

    Raises:
        UserError: If pyarrow is not installed.
    """
    buffer = io.BytesIO()
    try:
        table(explained, files).to_parquet(buffer, index=False)
    except ImportError:
        raise UserError("A Parquet table needs pyarrow (pip install pyarrow); ask for CSV instead.") from None
    return buffer.getvalue()


def in_group(explained: ExplainedSet, group: str | None = None) -> np.ndarray:
    """bool (N,): the pictures whose explained class is ``group``, all of them for ``None``."""
    if group is None:
        return np.ones(explained.n, bool)
    return explained.targets == explained.classes.index(group)


def region_shares(explained: ExplainedSet, group: str | None = None, seed: int = 0) -> list[RegionShare]:
    """Mean share of each region with bootstrap intervals; images without positive evidence are left out.

    People are resampled where they are known, else images.

    Args:
        group: explained class, all of them for ``None``.

    Returns:
        In the order of the regions; empty where no picture shows anything.
    """
    usable = in_group(explained, group) & explained.positive
    if not usable.any():
        return []
    values = np.stack([explained.regions[name][usable] for name in explained.regions], axis=1).astype(np.float64)
    shares = mean_estimates(values, _RESAMPLES, seed=seed, units=explained.units[usable])
    return [
        RegionShare(name, share, float(explained.areas[name][usable].mean()))
        for name, share in zip(explained.regions, shares, strict=True)
    ]


def agreement(explained: ExplainedSet, group: str | None = None, seed: int = 0) -> dict[str, Estimate]:
    """Mean agreement with the action units with bootstrap intervals, as of :func:`region_shares`.

    It has the keys ``mass``, ``rank``, ``cosine`` and ``area``.

    Empty where no picture has units, and for neutral, which has none.
    """
    if group is not None and is_emotion(group) and not EMOTION_ACTION_UNITS[canonical(group)]:
        return {}  # drawn faces that are mistaken for neutral have units, those of their own class
    members = in_group(explained, group)
    values = np.stack([explained.agreement[name][members] for name in AGREEMENTS], axis=1).astype(np.float64)
    known = np.isfinite(values).all(1)
    if not known.any():
        return {}
    units = explained.units[members][known]
    return dict(zip(AGREEMENTS, mean_estimates(values[known], _RESAMPLES, seed=seed, units=units), strict=True))


def background(explained: ExplainedSet) -> tuple[bool, str]:
    """Whether there is a background alarm, and one or two sentences on it.

    There is one if the lower end of the 95 % interval of the background's share of the relevance exceeds the share of
    the picture that the background covers.
    """
    background_share = next((region for region in region_shares(explained) if region.name == "background"), None)
    if background_share is None:
        return False, "No image holds positive evidence, so nothing can be said of the background."
    share = background_share.share
    figures = (
        f"The background holds {interval_text(*share)} of the "
        f"relevance and covers {100 * background_share.area:.1f} % of the image"
    )
    alarm_share = explained.alarm.mean()
    pictures = f"in {100 * alarm_share:.1f} % of the images" if alarm_share else "in none of the images"
    single = f"{pictures} it holds more than its area."
    if share.low > background_share.area:
        return True, f"{figures}: more than a map would give it that knows nothing; {single}"
    if share.high < background_share.area:
        return False, f"{figures}, less than its share; {single}"
    return False, f"{figures}: about its share, as a map that knows nothing would; {single}"
