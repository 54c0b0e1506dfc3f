"""The occlusion proxy: an even cover raises it, light and contrast do not, and it is only a proxy."""

from __future__ import annotations

import numpy as np
import pytest

from fer_models.data.synthetic import SyntheticOptions, generate
from fer_models.errors import UserError
from fer_models.evaluation.slicing.occlusion import occlusion_proxy, usual_blocks


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return generate(SyntheticOptions(count=120, size=48)).images


def test_an_even_cover_is_found(faces: np.ndarray) -> None:
    usual, asked = usual_blocks(faces[:80]), faces[80:]
    bare = occlusion_proxy(asked, usual)
    covered = asked.copy()
    covered[:, 20:42, 14:36] = 90
    found = occlusion_proxy(covered, usual)
    assert bare.shape == (40,)
    assert (found[:, None] > bare[None]).mean() > 0.8


def test_light_and_size_matter_little(faces: np.ndarray) -> None:
    usual, asked = usual_blocks(faces[:80]), faces[80:]
    dark = (asked * 0.6).astype(np.uint8)
    assert np.corrcoef(occlusion_proxy(asked, usual), occlusion_proxy(dark, usual))[0, 1] > 0.95
    large = asked.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(occlusion_proxy(large, usual), occlusion_proxy(asked, usual), rtol=1e-3)
    assert occlusion_proxy(asked[:0], usual).shape == (0,)


def test_too_few_pictures(faces: np.ndarray) -> None:
    with pytest.raises(UserError, match="at least 10 images"):
        usual_blocks(faces[:9])
