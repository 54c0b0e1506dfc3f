"""Small drawn faces and the original layouts of the data sets, made in a test's own folder."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest


def _draw(seed: int, size: int = 48, channels: int = 1, mouth: int | None = None) -> np.ndarray:
    """A crude face, uint8 (size, size, channels); the seed sets its traits, ``mouth`` (0 to 7) its mouth."""
    random = np.random.default_rng(seed)
    big = np.full((96, 96, 3), random.integers(20, 90, 3), np.uint8)
    skin = tuple(int(v) for v in random.integers(130, 240, 3))
    centre = (48 + int(random.integers(-6, 7)), 48 + int(random.integers(-6, 7)))
    cv2.ellipse(big, centre, (int(random.integers(26, 36)), int(random.integers(34, 44))), 0, 0, 360, skin, -1)
    for side in (-1, 1):
        eye = (centre[0] + side * int(random.integers(10, 15)), centre[1] - int(random.integers(6, 12)))
        cv2.circle(big, eye, int(random.integers(3, 6)), (15, 15, 15), -1)
    bend = seed % 8 if mouth is None else mouth
    lips = (centre[0], centre[1] + 18)
    cv2.ellipse(big, lips, (6 + bend, 2 + 2 * (bend % 4)), 0, 180 * (bend % 2), 180 + 180 * (bend % 2), (40, 20, 60), 2)
    big = cv2.resize(big, (size, size), interpolation=cv2.INTER_AREA)
    noise = random.integers(-8, 9, big.shape)
    big = np.clip(big + noise, 0, 255).astype(np.uint8)
    return big if channels == 3 else cv2.cvtColor(big, cv2.COLOR_RGB2GRAY)[..., None]


@pytest.fixture(scope="session")
def draw() -> Callable[..., np.ndarray]:
    """``draw(seed, size=48, channels=1, mouth=None)``: uint8 (size, size, channels)."""
    return _draw


@pytest.fixture(scope="session")
def save() -> Callable[[Path, np.ndarray], None]:
    """``save(path, image)``: write an RGB or grey picture, making the folders above it."""

    def write(path: Path, image: np.ndarray) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = image[..., ::-1] if image.ndim == 3 and image.shape[2] == 3 else image
        done, data = cv2.imencode(path.suffix.lower(), np.ascontiguousarray(picture))
        assert done
        path.write_bytes(data.tobytes())

    return write


@pytest.fixture(scope="session")
def write_pixel_csv() -> Callable[..., None]:
    """``write_pixel_csv(path, header, rows)``: rows are texts and pictures in the order of the header."""

    def write(path: Path, header: str, rows: list[tuple[object, ...]]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [header]
        for row in rows:
            cells = [" ".join(map(str, v.ravel())) if isinstance(v, np.ndarray) else str(v) for v in row]
            lines.append(",".join(cells))
        path.write_text("\n".join(lines) + "\n")

    return write


@pytest.fixture
def fer_rows(draw: Callable[..., np.ndarray]) -> list[tuple[int, np.ndarray, str]]:
    """Twenty-one rows of FER2013: emotion, picture, Usage."""
    usage = ["Training"] * 15 + ["PublicTest"] * 3 + ["PrivateTest"] * 3
    return [(i % 7, draw(i), word) for i, word in enumerate(usage)]
