"""Curves, maps, minimal changes and shifts of stub networks whose answers are known functions of the face."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import combinations, product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fer_models.errors import UserError
from fer_models.lab import (
    UNITS,
    FaceParameters,
    interaction_map,
    minimal_change,
    response_curves,
    scores,
    trait_shift,
)
from fer_models.preprocess import Preprocess

NEUTRAL = FaceParameters()


@pytest.fixture(autouse=True)
def faces_instead_of_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stub networks read the parameters themselves."""
    monkeypatch.setattr("fer_models.lab.scoring.face_image", lambda face, preprocess: face)


def stub(rule: Callable[[FaceParameters], list[float]], classes: tuple[str, ...] = ("no", "yes")) -> Any:
    def predict(faces: list[FaceParameters]) -> Any:
        return SimpleNamespace(probabilities=np.array([rule(face) for face in faces], np.float32))

    return SimpleNamespace(classes=classes, predict=predict, checkpoint=SimpleNamespace(preprocess=Preprocess(48, 1)))


def level(face: FaceParameters, unit: str) -> float:
    return face.units.get(unit, 0.0)


def share(value: float) -> list[float]:
    return [1 - value, value]


SMILE = stub(lambda face: share(level(face, "AU12")))


def test_a_curve_ends_in_direct_scores_and_turns_where_the_lines_cross() -> None:
    bent = stub(lambda face: share(0.1 + 0.6 * level(face, "AU12") ** 2))
    start = FaceParameters(units={"AU12": 0.3, "AU04": 0.5})
    straight, curved = response_curves([SMILE, bent], start, "12")
    for network, curve in ((SMILE, straight), (bent, curved)):
        ends = scores([network], [start.with_units(AU12=0.0), start.with_units(AU12=1.0)])[0]
        assert np.array_equal(curve.probabilities[[0, -1]], ends)
        assert curve.levels.tolist() == pytest.approx(np.linspace(0, 1, 21).tolist())
    (decision,) = straight.decisions
    assert decision.level == pytest.approx(0.5, abs=1e-6) and (decision.before, decision.after) == ("no", "yes")
    assert curved.decisions[0].level == pytest.approx((0.4 / 0.6) ** 0.5, abs=1e-3)
    assert response_curves([SMILE], start, "AU04")[0].decisions == []
    with pytest.raises(UserError, match="two steps"):
        response_curves([SMILE], start, "12", steps=1)


def test_an_interaction_map_is_a_grid_of_direct_scores() -> None:
    either = stub(lambda face: share(float((level(face, "AU06") > 0.5) != (level(face, "AU12") > 0.5))))
    grid = interaction_map(either, NEUTRAL, "6", "12", cells=5)
    high = grid.levels > 0.5
    assert np.array_equal(grid.winner == 1, high[:, None] != high[None])
    first = stub(lambda face: share(level(face, "AU06")))
    rows = interaction_map(first, NEUTRAL, "6", "12", cells=3).probabilities[:, :, 1]
    assert rows.tolist() == [[0, 0, 0], [0.5, 0.5, 0.5], [1, 1, 1]]  # rows by the first unit
    with pytest.raises(UserError, match="two different units"):
        interaction_map(either, NEUTRAL, "6", "AU06")


def needs(*units: str) -> Any:
    """A network that answers yes where all of some units pass 0.4; each brings it a little nearer."""
    return stub(
        lambda face: share(
            0.9 if all(level(face, u) > 0.4 for u in units) else 0.3 * sum(level(face, u) > 0.4 for u in units) / 4
        )
    )


@pytest.mark.parametrize(
    "units", [("AU12",), ("AU04", "AU12"), ("AU01", "AU05", "R14"), ("AU01", "AU02", "AU05", "AU26")]
)
def test_the_minimal_change_changes_the_answer_and_no_smaller_set_does(units: tuple[str, ...]) -> None:
    network = needs(*units)
    change = minimal_change(network, NEUTRAL, "yes")
    assert change is not None and tuple(change.units) == units
    assert network.classes[scores([network], [change.after])[0].argmax()] == change.answer == "yes"
    for size in range(1, len(units)):
        for smaller, ends in product(combinations(UNITS, size), product((0.0, 1.0), repeat=size)):
            assert scores([network], [NEUTRAL.with_units(**dict(zip(smaller, ends, strict=True)))])[0].argmax() == 0
    assert all(0.4 < after < 0.45 for _, after in change.units.values())  # moved back as far as the answer allows
    assert change.exact


def test_greedy_detours_are_cut_short() -> None:
    """Three steps uphill reach the answer, but two units do it at once."""

    def rule(face: FaceParameters) -> list[float]:
        on = {unit for unit in ("AU01", "AU02", "AU04", "AU20", "AU26") if level(face, unit) > 0.5}
        if {"AU20", "AU26"} <= on or {"AU01", "AU02", "AU04"} <= on:
            return share(0.9)
        return share(0.1 * len(on & {"AU01", "AU02", "AU04"}))

    change = minimal_change(stub(rule), NEUTRAL)
    assert change is not None and set(change.units) == {"AU20", "AU26"} and change.exact


def test_a_unit_may_go_down_and_impossible_wishes_are_told() -> None:
    smiling = FaceParameters(units={"AU12": 0.9})
    change = minimal_change(SMILE, smiling)
    assert change is not None and (change.was, change.answer) == ("yes", "no")
    assert change.units["AU12"][0] == 0.9 and change.units["AU12"][1] == pytest.approx(0.48, abs=0.03)
    assert minimal_change(stub(lambda face: share(0.2)), NEUTRAL) is None
    assert minimal_change(stub(lambda face: share(0.2)), NEUTRAL, "yes") is None
    with pytest.raises(UserError, match="already"):
        minimal_change(SMILE, smiling, "yes")
    with pytest.raises(UserError, match="no class"):
        minimal_change(SMILE, smiling, "maybe")


def test_a_trait_that_nothing_reads_moves_nothing_and_one_that_is_read_moves_by_that_much() -> None:
    smiling = FaceParameters(units={"AU12": 0.9})
    none = trait_shift(SMILE, smiling, "skin", people=30)
    assert none.target == "yes" and tuple(none.mean) == (0, 0, 0) and not none.turned.any()
    blind = stub(lambda face: share(0.8 if face.glasses == "none" else 0.3))
    shift = trait_shift(blind, smiling, "glasses", target="yes", people=30)
    assert shift.mean == pytest.approx((-0.5, -0.5, -0.5), abs=1e-6) and shift.turned.all() and shift.share.value == 1
    some = stub(lambda face: share(0.8 if face.age == 0 or face.identity % 2 else 0.4))
    mixed = trait_shift(some, smiling, "age", target="yes", people=120)
    assert mixed.mean.value == pytest.approx(-0.2, abs=1e-6) and mixed.turned.sum() == 60
    # The interval of a mean of two values, by the normal approximation.
    assert mixed.mean.high - mixed.mean.low == pytest.approx(2 * 1.96 * 0.2 / 120**0.5, rel=0.12)
    assert len({*mixed.moves.round(3)}) == 2


def test_only_the_trait_changes() -> None:
    seen: list[FaceParameters] = []

    def rule(face: FaceParameters) -> list[float]:
        seen.append(face)
        return share(0.1)

    start = dataclasses.replace(NEUTRAL, yaw=9.0, units={"AU04": 0.2}, hair_colour="red")
    trait_shift(stub(rule), start, "skin", target="yes", people=3)
    assert all(dataclasses.replace(face, skin=None, identity=start.identity) == start for face in seen)
    assert {face.skin for face in seen} == {0.0, 7.0} and len({face.identity for face in seen}) == 3


def test_faces_are_drawn_once_for_networks_of_one_size(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []

    def image(face: FaceParameters, preprocess: Preprocess) -> FaceParameters:
        drawn.append(preprocess.size)
        return face

    monkeypatch.setattr("fer_models.lab.scoring.face_image", image)
    scores([SMILE, SMILE, SMILE], [NEUTRAL, NEUTRAL])
    assert drawn == [48, 48]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: trait_shift(SMILE, NEUTRAL, "shoes"), "no trait"),
        (lambda: trait_shift(SMILE, NEUTRAL, "skin", people=1), "two people"),
        (lambda: trait_shift(SMILE, NEUTRAL, "skin", target="maybe"), "no class"),
        (lambda: interaction_map(SMILE, NEUTRAL, "6", "12", cells=1), "two cells"),
        (lambda: response_curves([SMILE], NEUTRAL, "99"), "no action unit"),
    ],
)
def test_bad_questions_are_refused_in_a_sentence(call: Callable[[], object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        call()
