"""Parameters at their ends, curves that cross, and the smallest change, on networks that read the units themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fer_models.errors import UserError
from fer_models.lab import FaceParameters, change, fairness
from fer_models.lab.change import minimal_change
from fer_models.lab.drawing import _circumstances, _person, drawn_size
from fer_models.lab.fairness import FIRST_PERSON, trait_shift
from fer_models.lab.parameters import from_json, from_words, to_words, unit_name
from fer_models.lab.presets import blend, expression, surprise
from fer_models.lab.responses import Curve, interaction_map, response_curves
from fer_models.lab.truth import UnitShare, unit_shares

NETWORK: Any = SimpleNamespace(classes=("rest", "up"))


def reads(monkeypatch: pytest.MonkeyPatch, module: Any, rule: Callable[[FaceParameters], float]) -> list[int]:
    """The second class has the probability that the rule says; returns how many faces were asked at a time."""
    asked: list[int] = []

    def scores(networks: Sequence[Any], faces: Sequence[FaceParameters]) -> list[np.ndarray]:
        asked.append(len(faces))
        up = np.array([rule(face) for face in faces])
        return [np.stack([1 - up, up], 1)]

    monkeypatch.setattr(module, "scores", scores)
    return asked


def level(face: FaceParameters, unit: str) -> float:
    return face.units.get(unit, 0.0)


def test_one_unit_turns_the_answer_and_moves_no_further_than_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    reads(monkeypatch, change, lambda face: 0.3 + 0.5 * level(face, "AU12"))  # above a half from 0.4 on
    found = minimal_change(NETWORK, FaceParameters())
    assert found is not None and (found.was, found.answer, found.exact) == ("rest", "up", True)
    assert found.units == {"AU12": (0.0, 0.406)}, "the first of 32 parts above 0.4"
    down = minimal_change(NETWORK, FaceParameters(units={"AU12": 0.9}), "rest")
    assert down is not None and down.units == {"AU12": (0.9, pytest.approx(0.394, abs=0.005))} and down.answer == "rest"
    assert minimal_change(NETWORK, FaceParameters(units={"AU12": 0.4}), "up") is not None, "a tie is no turn"


def test_two_and_three_units_are_searched_completely(monkeypatch: pytest.MonkeyPatch) -> None:
    reads(monkeypatch, change, lambda face: 0.1 + 0.45 * level(face, "AU04") * level(face, "AU05"))
    for target in ("up", None):
        found = minimal_change(NETWORK, FaceParameters(), target)
        assert found is not None and sorted(found.units) == ["AU04", "AU05"] and found.exact
    reads(monkeypatch, change, lambda face: 0.1 + 0.17 * sum(level(face, unit) for unit in ("AU04", "AU05", "AU06")))
    found = minimal_change(NETWORK, FaceParameters())
    assert found is not None and len(found.units) == 3 and found.exact and found.answer == "up"
    reads(
        monkeypatch,
        change,
        lambda face: 0.1 + 0.11 * sum(level(face, unit) for unit in ("AU04", "AU05", "AU06", "AU07")),
    )
    found = minimal_change(NETWORK, FaceParameters())
    assert found is not None and len(found.units) == 4 and found.exact
    fives = ("AU01", "AU04", "AU05", "AU06", "AU07")
    reads(monkeypatch, change, lambda face: 0.1 + 0.09 * sum(level(face, unit) for unit in fives))
    found = minimal_change(NETWORK, FaceParameters())
    assert found is not None and len(found.units) == 5 and not found.exact, "four units are not searched completely"
    reads(monkeypatch, change, lambda face: 0.1)
    assert minimal_change(NETWORK, FaceParameters()) is None and minimal_change(NETWORK, FaceParameters(), "up") is None


def test_of_the_smallest_sets_the_one_that_moves_least(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pairs win; the one that wins less clearly at its end may stop earlier."""

    def rule(face: FaceParameters) -> float:
        steep = min(1.0, 4 * level(face, "AU01")) * min(1.0, 4 * level(face, "AU02"))
        return 0.1 + 0.5 * level(face, "AU04") * level(face, "AU05") + 0.45 * steep * (level(face, "AU04") == 0)

    reads(monkeypatch, change, rule)
    found = minimal_change(NETWORK, FaceParameters(), "up")
    assert found is not None and sorted(found.units) == ["AU01", "AU02"]
    search = change._Search(NETWORK, FaceParameters(units={"AU12": 0.5}), None)
    assert search.distance([("AU12", 1.0), ("AU04", 0.25)]) == 0.75 and search._between("AU12", 1.0, 0.5) == 0.75
    assert ("AU12", 0.0) in search.moves and ("AU04", 0.0) not in search.moves
    asked = reads(monkeypatch, change, rule)
    assert len(search.margins([[]] * 600)) == 600 and asked == [256, 256, 88]


def test_a_curve_turns_where_its_lines_cross() -> None:
    curve = Curve(
        "AU12", ("a", "b", "c"), np.array([0.0, 0.5, 1.0]), np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0, 0.1, 0.9]])
    )
    first, second = curve.decisions
    assert (first.before, first.after, second.before, second.after) == ("a", "b", "b", "c")
    assert first.level == pytest.approx(0.5 * 0.3 / 0.6) and second.level == pytest.approx(0.5 + 0.5 * 0.2 / 1.0)
    still = Curve("AU12", ("a", "b"), np.array([0.0, 1.0]), np.array([[0.5, 0.5], [0.4, 0.6]]))
    assert [decision.level for decision in still.decisions] == [0.0]
    assert Curve("AU12", ("a", "b"), np.array([0.0, 1.0]), np.array([[0.9, 0.1]] * 2)).decisions == []


def test_curves_and_maps_have_two_steps_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    from fer_models.lab import responses

    reads(monkeypatch, responses, lambda face: 0.25 * level(face, "AU06") + 0.5 * level(face, "AU12"))
    (curve,) = response_curves([NETWORK], FaceParameters(), "12", steps=2)
    assert curve.levels.tolist() == [0, 1] and curve.probabilities[:, 1].tolist() == [0, 0.5]
    grid = interaction_map(NETWORK, FaceParameters(), "6", "12", cells=2)
    assert grid.probabilities[:, :, 1].tolist() == [[0, 0.5], [0.25, 0.75]] and grid.winner.tolist() == [[0, 0], [0, 1]]
    for call in (
        lambda: response_curves([NETWORK], FaceParameters(), "12", steps=1),
        lambda: interaction_map(NETWORK, FaceParameters(), "6", "12", cells=1),
        lambda: interaction_map(NETWORK, FaceParameters(), "6", "AU06"),
    ):
        with pytest.raises(UserError):
            call()


@pytest.mark.parametrize("people", [2, 50, 51, 100])
def test_traits_are_tried_on_new_people_in_pieces(monkeypatch: pytest.MonkeyPatch, people: int) -> None:
    seen: list[tuple[int, str]] = []

    def rule(face: FaceParameters) -> float:
        seen.append((face.identity, face.glasses))
        return 0.75 if face.glasses == "round" and face.identity % 2 == 0 else 0.25

    reads(monkeypatch, fairness, rule)
    told: list[float] = []
    shift = trait_shift(
        NETWORK, FaceParameters(), "glasses", target="up", people=people, progress=lambda done, _: told.append(done)
    )
    assert {identity for identity, _ in seen} == set(range(FIRST_PERSON, FIRST_PERSON + people)) and len(
        seen
    ) == 2 * people
    odd = people // 2
    assert shift.moves.sum() == pytest.approx(0.5 * (people - odd)) and shift.turned.sum() == people - odd
    assert shift.mean.value == pytest.approx(0.5 * (people - odd) / people) and shift.mean.low <= shift.mean.value
    assert told[-1] == 1 and told[0] == min(1, 50 / people)
    with pytest.raises(UserError, match="not 1"):
        trait_shift(NETWORK, FaceParameters(), "glasses", people=1)


@pytest.mark.parametrize(
    ("text", "name"),
    [("12", "AU12"), ("au04", "AU04"), (" 4 ", "AU04"), ("R12", "R12"), ("12l", "L12"), ("AU12R", None), ("R12L", None),
     ("99", None), ("", None), ("R04", None)],
)  # fmt: skip
def test_names_of_units(text: str, name: str | None) -> None:
    if name:
        assert unit_name(text) == name
    else:
        with pytest.raises(UserError, match="There is no action unit"):
            unit_name(text)


def test_lines_and_files_of_a_face_at_their_ends() -> None:
    for value in ("0", "1"):
        assert from_words(f"12={value}").units == {"AU12": float(value)}
    for line, said in (
        ("12=1.01", "from 0 to 1"), ("12=-0.01", "from 0 to 1"), ("12=x", "from 0 to 1"), ("12", "NAME=VALUE"),
        ("12=", "NAME=VALUE"), ("12=0.5,AU12=0.5", "AU12 is given twice"), ("yaw=1,yaw=2", "yaw is given twice"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=said):
            from_words(line)
    for value in (-0.01, 1.01):
        with pytest.raises(UserError, match="from 0 to 1"):
            FaceParameters(units={"AU12": value})
    face = FaceParameters(units={"AU12": 0.0, "AU04": 0.5}, yaw=10.0, noise=0.5)
    assert face.moved == {"AU04": 0.5} and to_words(face) == "AU04=0.5,yaw=10,noise=0.5"
    assert from_json('{"parameters": {"yaw": 5}, "other": 1}').yaw == 5 and from_json('{"yaw": 6}').yaw == 6


def test_presets_at_their_ends() -> None:
    assert expression("happy", 1) == {"AU06": 1, "AU12": 1} and expression("happy", 0) == {}
    assert blend("happy", "angry", 0, 1.0) == expression("happy", 1.0)
    assert blend("happy", "angry", 1, 0.5) == expression("angry", 0.5)
    quarter = blend("happy", "surprise", 0.25, 0.8)
    assert quarter["AU12"] == pytest.approx(0.6) and quarter["AU26"] == pytest.approx(0.2)
    assert blend("sad", "fear", 0.5, 0.8)["AU01"] == pytest.approx(0.8), "a unit of both has its whole intensity"
    for call in (
        lambda: expression("happy", 1.01),
        lambda: expression("happy", -0.01),
        lambda: blend("happy", "sad", 1.01),
        lambda: blend("happy", "sad", -0.01),
    ):
        with pytest.raises(UserError, match="between 0 and 1"):
            call()
    sizes = {len(surprise(seed).units) for seed in range(60)}
    assert sizes == {2, 3, 4, 5} and all(0.4 <= v <= 1 for seed in range(20) for v in surprise(seed).units.values())


def test_what_a_face_is_drawn_from() -> None:
    assert [drawn_size(size) for size in (20, 48, 100, 224, 300)] == [48, 48, 100, 224, 224]
    assert _circumstances(FaceParameters(blur=4.0)).blur == 0.04
    own = _person(FaceParameters(identity=3))
    assert (
        _person(FaceParameters(identity=3, hair_colour="red")) != own != _person(FaceParameters(identity=3, skin=7.0))
    )
    assert (
        _person(FaceParameters(identity=3, age=0.0)).age == 0
        and _person(FaceParameters(identity=3, glasses="round")).glasses == "round"
    )


def test_shares_of_nothing() -> None:
    heat: Any = SimpleNamespace(positive=np.array([[[0.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [2.0, 0.0]]]))
    mask = np.array([[True, False], [False, False]])
    assert np.isnan(unit_shares(heat, {"AU12": mask})["AU12"].mass)
    assert unit_shares(heat, {"AU12": mask}, 1)["AU12"] == UnitShare(0.25, 0.25)
    assert UnitShare(0.5, 0.25).ratio == 2 and np.isnan(UnitShare(0.0, 0.0).ratio)
    with pytest.raises(UserError, match="must fit"):
        unit_shares(heat, {"AU12": mask[:1]})
