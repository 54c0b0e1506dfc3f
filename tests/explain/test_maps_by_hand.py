"""Overlays, filled pixels, single maps and standings of small made-up heatmaps, by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from fer_models.errors import UserError
from fer_models.explain.benchmark.run import Leaderboard
from fer_models.explain.face_parts.regions import EYES, MOUTH_CORNERS, NOSE, turned_away
from fer_models.explain.faithfulness import road
from fer_models.explain.overlay import USUAL_MAP, coloured, overlay
from fer_models.explain.trust import card
from fer_models.explain.trust.card import trust_card


@pytest.mark.parametrize("shape", [(6, 4), (6, 4, 1), (6, 4, 3)])
def test_an_overlay_mixes_the_picture_with_the_colours(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    image, heat = rng.integers(0, 256, shape, np.uint8), rng.random((6, 4)).astype(np.float32)
    base = np.broadcast_to(image.reshape(6, 4, -1), (6, 4, 3)).astype(float)
    for opacity in (0.0, 0.25, 1.0):
        wanted = (1 - opacity) * base + opacity * coloured(np.rint(heat * 255) / 255, USUAL_MAP)
        np.testing.assert_allclose(overlay(image, heat, opacity, USUAL_MAP), wanted, atol=0.51)
    np.testing.assert_array_equal(overlay(image, heat * 0 + 7, 1.0), overlay(image, heat * 0 + 1, 1.0))
    np.testing.assert_array_equal(overlay(image, heat * 0 - 7, 1.0), overlay(image, heat * 0, 1.0))


def test_pixels_that_are_gone_become_the_weighted_mean_of_their_neighbours() -> None:
    """Neighbours beside a pixel weigh twice as much as those across a corner; at the edge there are fewer of them."""
    picture = np.arange(30.0).reshape(1, 5, 6) ** 2
    weights = {(down, right): weight for down, right, weight in road._NEIGHBOURS}
    assert len(weights) == 8 and sum(weights.values()) == pytest.approx(1)
    assert all(weight == pytest.approx(1 / 6 if 0 in place else 1 / 12) for place, weight in weights.items())
    for places in ([(2, 3)], [(0, 0)], [(4, 5), (0, 5)], [(0, 2), (0, 3)], [(2, 0), (3, 0), (3, 1)]):
        gone = np.zeros((5, 6), bool)
        gone[tuple(np.transpose(places))] = True
        filled = picture.copy()
        filled[:, gone] = road._harmonic(picture, gone)
        for row, column in places:
            around = [
                (filled[0, row + down, column + right], weight)
                for (down, right), weight in weights.items()
                if 0 <= row + down < 5 and 0 <= column + right < 6
            ]
            mean = sum(value * weight for value, weight in around) / sum(weight for _, weight in around)
            assert filled[0, row, column] == pytest.approx(mean)


def test_a_head_in_profile_and_one_that_is_not() -> None:
    points = np.array((*EYES, NOSE, *MOUTH_CORNERS))
    assert turned_away(points.tolist()) is None
    close = points.copy()
    close[1] = close[0] + (0.0199, 0)
    assert turned_away(close.tolist()) == "the head is in profile"
    close[:2] = ((0.0, 0.5), (0.02, 0.5))
    assert turned_away(close.tolist()) != "the head is in profile"


def test_evidence_is_the_gain_over_scrambled_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card, "scramble", lambda batch, seed: batch * 0 + seed)
    monkeypatch.setattr(card, "fast_pass", lambda classifier: None)
    trial = SimpleNamespace(
        classifier=None,
        batch=torch.full((1, 1, 2, 2), 50.0),
        score=lambda batch, forward: batch.mean((1, 2, 3))[:, None].numpy(),
    )
    seeds = 3 + np.arange(card._SCRAMBLES)
    assert card._evidence(trial, 3) == pytest.approx(50 - seeds.mean())  # type: ignore[arg-type]


@pytest.mark.parametrize(("images", "maps", "position"), [(2, 3, 0), (2, 2, 2), (2, 2, -1), (0, 0, 0)])
def test_a_card_is_of_one_of_the_maps(images: int, maps: int, position: int) -> None:
    attribution: Any = SimpleNamespace(values=np.zeros((maps, 4, 4)))
    with pytest.raises(UserError, match=f"There are {images} images and {maps} maps; {position} fits neither"):
        trust_card(None, torch.zeros(images, 1, 4, 4), attribution, position=position)  # type: ignore[arg-type]


def test_references_that_a_map_does_not_beat_are_named() -> None:
    own = SimpleNamespace(title="own", reference=False, network="n")
    others = [
        SimpleNamespace(title=title, reference=True, network="n") for title in ("worse", "equal", "better", "none")
    ]
    values = {"own": 0.5, "worse": 0.4, "equal": 0.5, "better": 0.6, "none": None, "other": 0.9}
    rows = [own, *others, SimpleNamespace(title="other", reference=True, network="m")]

    def estimate(row: Any, metric: str) -> Any:
        value = values[row.title]
        return None if value is None else SimpleNamespace(value=value)

    found = SimpleNamespace(rows=rows, estimate=estimate)
    for metric, named in (("insertion", ["equal", "better"]), ("deletion", ["worse", "equal"])):
        assert Leaderboard.unbeaten(found, own, metric) == named  # type: ignore[arg-type]
    assert Leaderboard.unbeaten(found, others[3], "insertion") == []  # type: ignore[arg-type]
