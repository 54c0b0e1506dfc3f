"""What a cell of the matrix says, what a click means, and what is exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from evidence_maker import answers, write_faces

from fer_models.evaluation.calibration.temperature import calibrate
from fer_models.evaluation.comparison.significance import paired
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.metrics import f1, precision, recall, specificity
from workbench.evidence.figures import Cells, confusion_heatmap
from workbench.evidence.model import confusion

COUNTS = np.array([[8, 2, 0], [1, 3, 0], [0, 0, 0]])
NAMES = ("angry", "sad", "fear")


def test_shares_of_rows_and_columns_and_their_difference() -> None:
    rows = confusion.values(COUNTS, "rows")
    assert rows[0].tolist() == [80, 20, 0] and rows[1].tolist() == [25, 75, 0]
    assert np.isnan(rows[2]).all()  # a class without pictures has no shares
    columns = confusion.values(COUNTS, "columns")
    assert columns[:, 0] == pytest.approx([800 / 9, 100 / 9, 0]) and np.isnan(columns[:, 2]).all()
    assert confusion.values(COUNTS, "counts").tolist() == COUNTS.tolist()
    other = np.array([[10, 0, 0], [2, 2, 0], [0, 0, 1]])
    difference = confusion.values(COUNTS, "difference", other)
    assert difference[0].tolist() == [-20, 20, 0] and difference[1].tolist() == [-25, 25, 0]
    assert confusion.texts(difference, "difference")[1] == ["-25.0", "+25.0", "+0.0"]
    assert confusion.texts(difference, "difference")[2] == ["", "", ""]


def test_classes_that_are_confused_stand_together() -> None:
    table = np.diag([50, 50, 50, 50, 50])
    table[0, 4] = table[4, 0] = 30
    table[1, 3] = table[3, 1] = 20
    position_of = confusion.order(table, "confusion").tolist()
    assert sorted(position_of) == [0, 1, 2, 3, 4]
    assert abs(position_of.index(0) - position_of.index(4)) == 1
    assert abs(position_of.index(1) - position_of.index(3)) == 1
    assert confusion.order(table, "canonical").tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("points", "cell"),
    [
        ([{"customdata": ["angry", "sad"], "point_index": 99}], ("angry", "sad")),
        ([{"x": 1, "y": 0}, {"customdata": ["sad", "sad"]}], ("sad", "sad")),
        ([], None),
        ([{"customdata": ["bored", "sad"]}], None),
        ([{"customdata": "sad"}], None),
        ([{"customdata": None}], None),
    ],
)
def test_a_click_is_read_by_the_names_it_carries(points: list[dict[str, object]], cell: tuple[str, str] | None) -> None:
    assert confusion.cell_of(points, NAMES) == cell


def test_the_figure_carries_each_cell_once_in_its_own_place() -> None:
    shares = confusion.values(COUNTS, "rows")
    figure = confusion_heatmap(Cells(shares, confusion.texts(shares, "rows"), NAMES, "%"))
    *heat, marks = figure.data
    assert {trace.hoverinfo for trace in heat} == {"skip"} and marks.marker.opacity == 0
    for x, y, pair in zip(marks.x, marks.y, marks.customdata, strict=True):
        assert list(pair) == [NAMES[y], NAMES[x]]
    assert len(marks.x) == 9
    assert figure.layout.hoverdistance == -1 and figure.layout.clickmode == "event+select"
    texts = ["".join(trace.text[k][j] for trace in heat) for k in range(3) for j in range(3)]
    assert texts == ["80.0", "20.0", "0.0", "25.0", "75.0", "0.0", "", "", ""]
    # Each cell with a value stands in one of the two traces, which differ in their ink.
    drawn = np.array([np.isfinite(trace.z) for trace in heat]).sum(0)
    assert drawn.tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 0]]


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("dark", [False, True])
def test_what_is_written_can_be_read_on_its_cell(signed: bool, dark: bool) -> None:
    levels = np.linspace(-1 if signed else 0, 1, 25).reshape(5, 5)
    names = list("abcde")
    texts = [["0"] * 5] * 5
    figure = confusion_heatmap(Cells(levels, texts, names, "", signed), dark=dark)
    heat = figure.data[0]
    written = [
        (trace, k, j) for trace in figure.data[:2] for k, j in zip(*np.nonzero(np.isfinite(trace.z)), strict=True)
    ]
    assert len(written) == 25
    stops = np.array([stop for stop, _ in heat.colorscale])
    colours = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for _, c in heat.colorscale])

    def luminance(rgb: np.ndarray) -> float:
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    for trace, k, j in written:
        level = (levels[k, j] - heat.zmin) / (heat.zmax - heat.zmin)
        ground = luminance(np.array([np.interp(level, stops, colours[:, i]) for i in range(3)]))
        ink = luminance(np.array([int(trace.textfont.color[i : i + 2], 16) / 255 for i in (1, 3, 5)]))
        low, high = sorted((ground, ink))
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_a_cell_in_words() -> None:
    assert confusion.largest_confusion(COUNTS, NAMES) == ("angry", "sad")
    rows = np.repeat(np.arange(9), COUNTS.ravel())
    k = len(NAMES)
    targets, predictions = rows // k, rows % k
    scores = np.eye(k, dtype=np.float32)[predictions]
    made = Evaluation(tuple(NAMES), targets, predictions, scores, scores, None, rows, rows, "x", "f", "test", "")
    sentence = confusion.cell_sentence(made, "angry", "sad")
    assert sentence.startswith("**angry** is taken for **sad** in 2 of 10 images: 20.0 % [5.7, 51.0]")
    assert "is found in 3 of 4" in confusion.cell_sentence(made, "sad", "sad")
    assert "no image of fear" in confusion.cell_sentence(made, "fear", "sad")


def test_figures_of_classes_agree_with_the_library(folders: Path) -> None:
    evaluation = answers(write_faces(folders))
    figures = confusion.class_figures(evaluation)
    table = evaluation.confusion
    for k, f in enumerate(figures):
        assert (f.pictures, f.predicted) == (table[k].sum(), table[:, k].sum())
        assert f.recall is not None and f.recall.value == pytest.approx(recall(table, None)[k])
        assert f.specificity is not None and f.specificity.value == pytest.approx(specificity(table, None)[k])
        assert f.f1 is not None and f.f1.value == pytest.approx(f1(table, None)[k])
        # Two images of a class are drawn in too few resamples for an interval.
        assert np.isnan(f.f1.low) if f.pictures < 3 else f.f1.low <= f.f1.value <= f.f1.high
        if f.predicted:
            assert f.precision is not None and f.precision.value == pytest.approx(precision(table, None)[k])
    by_name = {f.name: f for f in figures}
    assert by_name["disgust"].predicted == 0 and by_name["disgust"].precision is None


def test_pictures_of_a_cell_come_the_surest_first(folders: Path) -> None:
    evaluation = answers(write_faces(folders))
    indices = confusion.pictures(evaluation, "sad", "neutral")
    assert len(indices) == 2
    assert {evaluation.classes[evaluation.targets[p]] for p in indices} == {"sad"}
    assert {evaluation.classes[evaluation.predictions[p]] for p in indices} == {"neutral"}
    chances = evaluation.probabilities.max(1)[indices]
    assert chances[0] > chances[1]


def test_pictures_that_only_one_of_two_networks_puts_into_a_cell(folders: Path) -> None:
    dataset = write_faces(folders)
    evaluation, other = answers(dataset), answers(dataset, shift=1)
    only_one = confusion.moved(evaluation, other, "sad", "neutral", into=True)
    assert set(only_one) == set(confusion.pictures(evaluation, "sad", "neutral"))
    # Moved by one class, the one right "sad" becomes "surprise"; the first network has no such answer for sad.
    (only_other,) = confusion.moved(evaluation, other, "sad", "surprise", into=False)
    assert evaluation.classes[evaluation.predictions[only_other]] == "sad"
    first, second = (each.confusion for each in paired((evaluation, other)))
    assert first.sum() == second.sum() == evaluation.n


def test_csv_and_latex_hold_what_is_shown() -> None:
    rows = confusion.table_rows(COUNTS, NAMES, "counts", None)
    assert rows[0] == ["angry", 8, 2, 0]
    assert confusion.table_rows(COUNTS, NAMES, "rows", None)[2] == ["fear", "", "", ""]
    text = confusion.latex(COUNTS, ("a_b", "50 %", "c"), "counts", None, "n = 14, 100 % & more")
    assert r"a\_b & \textbf{8} & 2 & 0 \\" in text
    assert r"\caption{n = 14, 100 \% \& more}" in text
    assert text.count(r"\begin") == text.count(r"\end") == 2


def test_temperature_is_never_fitted_on_what_it_judges() -> None:
    from dataclasses import replace

    from fer_models.evaluation.class_match import softmax
    from fer_models.evaluation.evaluate import Evaluation

    random = np.random.default_rng(0)
    true = random.normal(size=(2000, 4)).astype(np.float32) * 1.5
    targets = np.array([random.choice(4, p=p / p.sum()) for p in softmax(true).astype(np.float64)])
    logits = 3 * true  # three times too sure
    made = Evaluation(
        tuple("abcd"),
        targets,
        logits.argmax(1),
        logits,
        softmax(logits),
        None,
        np.arange(2000),
        np.arange(2000),
        "x",
        "f",
        "test",
        "",
    )
    same_split = calibrate(made)
    assert same_split.temperature.value == pytest.approx(3, rel=0.1) and "one half" in same_split.fitted
    assert same_split.ece[1].value < same_split.ece[0].value / 3 and same_split.log_loss[1] < same_split.log_loss[0]
    validation = replace(made, split="val", logits=2 * logits)
    other = calibrate(made, "val", validation)
    assert other.temperature.value == pytest.approx(6, rel=0.1) and other.fitted == "fitted on val"
