"""The leaderboard of methods: places that are known, pairs compared by picture, and its tables."""

import csv
import io
import json

import numpy as np
import pytest
import torch

from fer_models import create_model, load_checkpoint
from fer_models.checkpoint import save_checkpoint
from fer_models.cli import main
from fer_models.data import open_dataset
from fer_models.errors import UserError
from fer_models.explain.benchmark.run import USUAL_METHODS, USUAL_METRICS, Leaderboard, Row, benchmark
from fer_models.explain.benchmark.table import cell, from_json, leaderboard_csv, leaderboard_latex, to_json
from fer_models.explain.face_parts.drawn import drawn_options, drawn_truth
from fer_models.explain.faithfulness import REFERENCES
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess

DATA = "synthetic:count=60,size=48,seed=3,identities=12"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoint") / "fresh"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        save_checkpoint(path, create_model("mini_xception", 7, 1), FER7, Preprocess(48, 1))
    return path


@pytest.fixture(scope="module")
def board(folder):
    steps = []
    leaderboard = benchmark(
        {"fresh": load_checkpoint(folder)},
        open_dataset(DATA),
        methods=("grad_cam", "lrp"),
        metrics=("relevance_mass", "sparseness", "random_logit"),
        count=5,
        progress=lambda share, words: steps.append(share),
    )
    assert steps == sorted(steps)
    assert steps[-1] == 1
    return leaderboard


def row(name, values, reference=False, network="a", metric="insertion"):
    return Row(network, name, name, reference, 0.5, {metric: np.array(values, np.float64)})


def test_every_method_stands_beside_the_references(board):
    assert next(r.method for r in board.rows if not r.reference) == "grad_cam"
    assert {r.method for r in board.rows if r.reference} == set(REFERENCES)
    for line in board.rows:
        assert all(len(values) == 5 for values in line.values.values())
        assert ("random_logit" in line.values) != line.reference  # a reference map cannot be made for another class
        assert np.isnan(line.seconds) == line.reference
    assert board.networks == ("fresh",)
    if "lrp" not in {r.method for r in board.rows}:
        assert any("Layer-wise" in note or "LRP" in note for note in board.notes)


def test_places_are_those_that_the_expression_moves(board):
    data = open_dataset(DATA)
    gaussian = next(r for r in board.rows if r.method == "centred Gaussian")
    rows = np.linspace(-1, 1, 48)
    blob = np.exp(-(rows[:, None] ** 2 + rows[None] ** 2) / 0.5)
    test_part = data.split_index("test")
    moved = test_part[np.asarray(data.labels)[test_part] != data.classes.index("neutral")]
    index = np.sort(np.random.default_rng(0).permutation(moved)[:5])
    truth = drawn_truth(drawn_options(data), data.rows[index], 48).expression
    np.testing.assert_allclose(gaussian.values["relevance_mass"], (blob * truth).sum((1, 2)) / blob.sum(), rtol=1e-4)


def test_the_best_is_better_picture_by_picture():
    draw = np.random.default_rng(0).random(20)
    wide, near = row("wide", draw), row("near", draw - 0.01)
    clear = Leaderboard("x", 20, ("insertion",), (wide, near, row("other", draw, network="b")), ())
    assert clear.best("a", "insertion") is wide  # always a little better, though the intervals overlap
    assert clear.best("b", "insertion") is None
    tie = Leaderboard("x", 20, ("insertion",), (wide, row("mixed", draw[::-1])), ())
    assert tie.best("a", "insertion") is None
    low = Leaderboard(
        "x", 20, ("deletion",), (row("a", draw, metric="deletion"), row("b", draw - 0.1, metric="deletion")), ()
    )
    assert low.best("a", "deletion").method == "b"
    random = row("random map", draw + 0.2, reference=True)
    assert Leaderboard("x", 20, ("insertion",), (wide, random), ()).unbeaten(wide, "insertion") == ["random map"]


def test_a_few_images_make_no_method_the_best():
    """Of two equal methods one was bold in half of all draws of two images, by the bootstrap."""
    draw = np.random.default_rng(0)
    for n, most in ((2, 0), (5, 0), (20, 4)):
        bold = 0
        for _ in range(40):
            rows = (row("one", draw.normal(size=n)), row("two", draw.normal(size=n)))
            bold += Leaderboard("x", n, ("insertion",), rows, ()).best("a", "insertion") is not None
        assert bold <= most, n


def test_people_are_exchanged_and_resampled_together():
    """Of two equal methods, each better on other people, one was bold in a third of all draws by image."""
    draw, bold = np.random.default_rng(0), {"people": 0, "images": 0}
    people = np.repeat(np.arange(8), 12)
    for _ in range(40):
        values = np.repeat(draw.normal(size=8), 12) + 0.3 * draw.normal(size=96)
        rows = (row("one", values), row("two", np.zeros(96)))
        for name, units in (("people", people), ("images", None)):
            board = Leaderboard("x", 96, ("insertion",), rows, (), units)
            bold[name] += board.best("a", "insertion") is not None
    assert bold["people"] <= 5 < 12 < bold["images"]
    assert (board.people, Leaderboard("x", 96, ("insertion",), rows, (), people).people) == (None, 8)
    by_person, by_image = (
        Leaderboard("x", 96, (), (), (), units).estimate(rows[0], "insertion") for units in (people, None)
    )
    assert by_person.value == by_image.value
    assert by_person.high - by_person.low > 2 * (by_image.high - by_image.low)


def test_tests_without_an_answer_are_left_out():
    some = row("some", [np.nan, 0.2, 0.4])
    none = row("none", [np.nan] * 3)
    board = Leaderboard("x", 3, ("insertion",), (some, none), ())
    assert board.estimate(some, "insertion").value == pytest.approx(0.3)
    assert board.estimate(none, "insertion") is None
    assert len(leaderboard_csv(board).splitlines()) == 2


def test_zero_has_no_sign():
    near = row("near", [-0.002, -0.001, -0.003])
    board = Leaderboard("x", 3, ("insertion",), (near,), ())
    assert "-0.00" not in cell(board, near, "insertion")


def test_tables_say_the_same(board):
    lines = list(csv.DictReader(io.StringIO(leaderboard_csv(board))))
    first = lines[0]
    estimate = board.estimate(board.rows[0], first["metric"])
    assert float(first["mean"]) == pytest.approx(estimate.value, rel=1e-4)
    assert float(first["low"]) <= float(first["mean"]) <= float(first["high"])
    again = from_json(json.loads(json.dumps(to_json(board))))
    assert leaderboard_csv(again) == leaderboard_csv(board)
    assert again.people == board.people and 1 <= board.people < 5
    assert f"5 images of {board.people} pe" in leaderboard_latex(board)
    latex = leaderboard_latex(board)
    assert latex.count(r"\midrule") == 1
    assert rf"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]" in latex
    assert r"\emph{centred Gaussian}" in latex
    for wrong in ({}, {"rows": 3}, {**to_json(board), "metrics": ["no such"]}):
        with pytest.raises(UserError):
            from_json(wrong)


def test_the_command_writes_what_was_asked(folder, tmp_path, capsys):
    files = {kind: str(tmp_path / f"b.{kind}") for kind in ("csv", "latex", "json")}
    arguments = ["explain-benchmark", str(folder), "--data", DATA, "--images", "3", "--methods", "saliency"]
    arguments += ["--metrics", "deletion", *(part for kind, file in files.items() for part in (f"--{kind}", file))]
    assert main(arguments) == 0
    output = capsys.readouterr().out
    assert "Saliency" in output
    assert "edge detector" in output
    assert "saliency" in (tmp_path / "b.csv").read_text()
    assert r"\toprule" in (tmp_path / "b.latex").read_text()
    assert from_json(json.loads((tmp_path / "b.json").read_text())).n == 3


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--methods", "magic"], "magic"),
        (["--metrics", "magic"], "magic"),
        (["--images", "1"], "at least 2"),
        (["--data", "synthetic:count=20,size=48,classes=neutral"], "not two images"),
    ],
)
def test_what_cannot_be_done_is_said(folder, arguments, word, capsys):
    assert main(["explain-benchmark", str(folder), "--data", DATA, *arguments]) == 2
    assert word in capsys.readouterr().err


def test_what_is_usual_exists(board):
    from fer_models.explain import EXPLAINERS
    from fer_models.explain.faithfulness import FAITHFULNESS

    assert set(USUAL_METHODS) <= set(EXPLAINERS)
    assert set(USUAL_METRICS) <= set(FAITHFULNESS)
