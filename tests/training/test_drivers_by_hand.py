"""What drives and shows a study without training: resources on a cluster, lines of progress, and a film's bars."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fer_models.commands import study as command
from fer_models.labels import FER7, colour
from fer_models.training.study import cluster
from fer_models.training.study.study import StudyState
from fer_models.training.watch.film import frames


class Ray:
    """A cluster that runs what is handed over at once."""

    exceptions = SimpleNamespace(RayError=ZeroDivisionError)

    def __init__(self, **resources: float):
        self.resources, self.asked, self.started = resources, {}, {}

    def init(self, **options: Any) -> None:
        self.started = options

    def cluster_resources(self) -> dict[str, float]:
        return self.resources

    def remote(self, **asked: Any) -> Any:
        self.asked = asked
        return lambda task: SimpleNamespace(remote=lambda study, number, threads: (study, number, threads))

    def wait(self, references: list[Any], timeout: float) -> tuple[list[Any], list[Any]]:
        return references, []

    def get(self, reference: Any) -> str:
        return f"threads {reference[2]}"

    def shutdown(self) -> None:
        self.resources = {}


@pytest.mark.parametrize(
    ("have", "wanted", "asked"),
    [
        ({"CPU": 8.0, "GPU": 1.0}, {}, (2.0, 1.0, 2)),
        ({"CPU": 8.0, "GPU": 0.5}, {}, (2.0, 0.0, 2)),
        ({"CPU": 1.0}, {}, (1.0, 0.0, 1)),
        ({}, {}, (1.0, 0.0, 1)),
        ({"CPU": 8.0, "GPU": 2.0}, {"cpus": 0.5, "gpus": 0.25}, (0.5, 0.25, 1)),
    ],
)
@pytest.mark.parametrize("address", ["", ":head:6379"])
def test_a_run_on_a_cluster_asks_for_what_is_there(monkeypatch, capsys, have, wanted, asked, address: str) -> None:
    ray = Ray(**have)
    monkeypatch.setattr(cluster, "need_ray", lambda: ray)
    monkeypatch.setattr(cluster, "_unfinished", lambda study: [0, 3])
    cluster.drive(SimpleNamespace(id="s", place=f"ray{address}", resources=wanted))  # type: ignore[arg-type]
    assert (ray.asked["num_cpus"], ray.asked["num_gpus"]) == asked[:2] and ray.asked["max_retries"] == cluster.RETRIES
    assert ("object_store_memory" in ray.started) == (address == "")
    assert ray.started["address"] == ("head:6379" if address else "local")
    said = capsys.readouterr().out
    assert f"2 runs handed to Ray, {asked[0]:g} CPUs and {asked[1]:g} GPUs each." in said
    assert f"run 1: threads {asked[2]}" in said and f"run 4: threads {asked[2]}" in said


def test_a_run_that_the_cluster_gave_up_has_failed(monkeypatch, capsys) -> None:
    written: dict[str, Any] = {}
    state = SimpleNamespace(state="running")
    run = SimpleNamespace(status=lambda: state, write_status=lambda **values: written.update(values))
    study = SimpleNamespace(id="s", trials=[0, 1], run_of=lambda trial: run if trial else None)
    monkeypatch.setattr(cluster, "find_study", lambda name: study)
    failing = SimpleNamespace(exceptions=Ray.exceptions, get=lambda reference: 1 / 0)
    cluster._ended(failing, None, study, 0)  # type: ignore[arg-type]
    assert not written and "run 1: division by zero" in capsys.readouterr().out
    for done in ("finished", "cancelled", "failed"):
        state.state = done
        cluster._ended(failing, None, study, 1)  # type: ignore[arg-type]
    assert not written
    state.state = "running"
    cluster._ended(failing, None, study, 1)  # type: ignore[arg-type]
    assert written["state"] == "failed" and f"after {cluster.RETRIES} more tries" in written["message"]


def followed(monkeypatch: pytest.MonkeyPatch, states: list[StudyState], figures: dict[str, float]) -> tuple[int, int]:
    """The exit code of a study that goes through these states, and how often it was looked at."""
    looked: list[int] = []

    def state_of(study: Any) -> StudyState:
        looked.append(0)
        return states[min(len(looked), len(states)) - 1]

    result = SimpleNamespace(state="finished", trial=SimpleNamespace(run="run-a"), figures=figures)
    waiting = SimpleNamespace(state="queued", trial=SimpleNamespace(run=None), figures={})
    monkeypatch.setattr(command, "find_study", lambda name: SimpleNamespace(id=name))
    monkeypatch.setattr(command, "state_of", state_of)
    monkeypatch.setattr(command, "results_of", lambda study: [result, waiting])
    monkeypatch.setattr(command.time, "sleep", lambda seconds: None)
    return command._follow(SimpleNamespace(id="s")), len(looked)  # type: ignore[arg-type]


def test_a_study_is_followed_until_no_run_is_active(monkeypatch, capsys) -> None:
    busy, done = StudyState({"finished": 1, "running": 1}, True), StudyState({"finished": 2}, False)
    assert followed(monkeypatch, [busy, done], {"accuracy": 0.6543}) == (0, 2)
    assert capsys.readouterr().err.count("1/2  run-a  accuracy 65.43 %") == 1
    idle = StudyState({"finished": 1, "failed": 2}, False)
    assert followed(monkeypatch, [idle], {}) == (1, 3)
    said = capsys.readouterr().err
    assert "1/3  run-a  no figure" in said and "The study stopped: 2 failed, 1 finished." in said
    assert followed(monkeypatch, [idle, idle, busy, idle], {}) == (1, 6)  # quiet three times in a row
    monkeypatch.setattr(command, "cancel_study", lambda study: None)

    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "find_study", interrupted)
    assert command._follow(SimpleNamespace(id="s")) == 130  # type: ignore[arg-type]
    assert "fer study --resume s" in capsys.readouterr().err


def hexes(pixel: np.ndarray) -> str:
    return "#" + "".join(f"{value:02x}" for value in pixel)


def test_bars_of_a_film_are_as_long_as_the_scores() -> None:
    """Two faces, two epochs: the bar of the second class ends at its share of 110 pixels."""
    scores = np.zeros((2, 2, 7), np.float16)
    scores[1, 1] = (0, 0.5, 0, 1.0, 0, 0, 0.25)
    ramp = np.linspace(0, 1, 36, dtype=np.float16).reshape(6, 6)
    watched = SimpleNamespace(
        classes=FER7, epochs=np.array([1, 4]), scores=scores, heat=np.tile(ramp, (2, 2, 1, 1)), modules=("gate",),
        attention=np.tile(2 * ramp + 1, (2, 1, 2, 1, 1)), faces=SimpleNamespace(targets=np.array([0, 3])),
    )  # fmt: skip
    image = np.full((48, 48, 1), 90, np.uint8)
    image[:4, :4] = 10
    drawn = frames(watched, 1, image)  # type: ignore[arg-type]
    assert len(drawn) == 2 and drawn[0].shape == (44 + 192 + 28, 3 * 204 + 12 + 240, 3)
    picture, left, step = drawn[1], 12 + 3 * 204, 192 / 7
    for number, share in ((1, 0.5), (3, 1.0), (6, 0.25)):
        row = round(44 + (number + 0.5) * step)
        filled = [hexes(pixel) == colour(FER7[number]).lower() for pixel in picture[row, left + 76 : left + 187]]
        assert sum(filled) == pytest.approx(110 * share, abs=1.5) and all(filled[: int(100 * share)])
        above, below = round(44 + number * step + 1), round(44 + (number + 1) * step - 1)
        assert (picture[[above, below], left + 80] == 255).all()
    assert (picture[44:236, 12:204] == np.kron(image[..., 0], np.ones((4, 4)))[..., None]).all()
    heat, own = (picture[44:236, 12 + 204 * n : 204 * (n + 1)].astype(int) for n in (1, 2))
    assert np.abs(heat - own).max() <= 2  # attention is stretched to [0, 1], and so is this heat
    assert np.abs(heat[:30, 20:] - 90).max() < np.abs(heat[-30:] - 90).max()
    watched.modules, watched.heat = (), np.zeros((2, 2, 0, 0), np.float16)
    assert frames(watched, 0, image)[0].shape == (264, 204 + 12 + 240, 3)  # type: ignore[arg-type]
    watched.modules, watched.attention = ("gate",), np.ones((2, 1, 2, 4, 4), np.float16)
    assert frames(watched, 0, image)[0].shape[1] == 2 * 204 + 12 + 240  # type: ignore[arg-type]
