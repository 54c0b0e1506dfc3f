"""The pictures of a card: well-formed, with the figures of the predictions, readable without colour."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from fer_models.evaluation.calibration.temperature import calibrate
from fer_models.evaluation.card.pictures import confusion_svg, curves_svg, reliability_svg
from fer_models.evaluation.evaluate import Evaluation
from fer_models.labels import FER7

_NAME = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def measured() -> Evaluation:
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 7, 280)
    logits = (4 * np.eye(7)[targets] + rng.normal(0, 2, (280, 7))).astype(np.float32)
    share = np.exp(logits - logits.max(1, keepdims=True))
    return Evaluation(
        targets=targets,
        predictions=logits.argmax(1),
        logits=logits,
        probabilities=(share / share.sum(1, keepdims=True)).astype(np.float32),
        positions=np.arange(280),
        rows=np.arange(280),
        classes=FER7,
        data="drawn",
        fingerprint="0" * 64,
        split="test",
        selection="val",
        averaging="none",
        embeddings=None,
    )


def words(svg: str) -> list[str]:
    """Everything that is written in it; raises where it is not well-formed."""
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{_NAME}text")]


def test_confusion_shows_every_cell(measured):
    drawn = words(confusion_svg(measured))
    for k in range(7):
        assert drawn.count(FER7[k]) >= 2, "a row and a column"
        own, total = int(measured.confusion[k, k]), int(measured.confusion[k].sum())
        assert str(own) in drawn and f"{100 * own / total:.1f} %" in drawn


def test_reliability_tells_the_error_before_and_after(measured):
    found = calibrate(measured)
    svg = reliability_svg(found)
    title = ElementTree.fromstring(svg).findtext(f"{_NAME}title")
    assert f"{100 * found.ece[0].value:.1f} %" in title and f"{100 * found.ece[1].value:.1f} %" in title
    assert f"temperature {found.temperature.value:.2f}" in words(svg)
    filled = sum(b.n > 0 for b in found.before) + sum(b.n > 0 for b in found.after)
    assert len(list(ElementTree.fromstring(svg).iter(f"{_NAME}circle"))) == filled


def test_curves_name_the_best_epoch():
    rows = [{"epoch": e, "train_accuracy": 0.1 * e, "val_accuracy": v} for e, v in ((1, 0.2), (2, 0.5), (3, 0.4))]
    svg = curves_svg(rows)
    assert "best in epoch 2 with 50.0 %" in ElementTree.fromstring(svg).findtext(f"{_NAME}title")
    lines = [line.get("points") for line in ElementTree.fromstring(svg).iter(f"{_NAME}polyline")]
    assert [len(points.split()) for points in lines] == [3, 3]
    assert curves_svg([]) == "" and curves_svg([{"epoch": 1, "val_accuracy": float("nan")}]) == ""


def test_what_is_drawn_lies_inside_the_picture(measured):
    """Every line, circle and word begins within the frame that the picture states."""
    curves = curves_svg([{"epoch": k, "train_accuracy": k / 9, "val_accuracy": k / 10} for k in range(1, 9)])
    for svg in (confusion_svg(measured), reliability_svg(calibrate(measured)), curves):
        root = ElementTree.fromstring(svg)
        _, _, width, height = (float(part) for part in root.attrib["viewBox"].split())
        across = [float(e.attrib[k]) for e in root.iter() for k in ("x", "x1", "x2", "cx") if k in e.attrib]
        down = [float(e.attrib[k]) for e in root.iter() for k in ("y", "y1", "y2", "cy") if k in e.attrib]
        assert min(across) >= 0 and max(across) <= width and max(across) > 0.5 * width
        assert min(down) >= 0 and max(down) <= height and max(down) > 0.8 * height


def placed(svg: str) -> dict[str, list[tuple[float, float]]]:
    """Where each word stands."""
    found: dict[str, list[tuple[float, float]]] = {}
    for node in ElementTree.fromstring(svg).iter(f"{_NAME}text"):
        found.setdefault(node.text or "", []).append((float(node.attrib["x"]), float(node.attrib["y"])))
    return found


def test_cells_lie_in_a_grid_and_are_as_dark_as_their_share(measured):
    cells = list(ElementTree.fromstring(confusion_svg(measured)).iter(f"{_NAME}rect"))[1:]
    table = measured.confusion
    shares = table / table.sum(1, keepdims=True)
    xs, ys = (sorted({float(cell.attrib[axis]) for cell in cells}) for axis in "xy")
    assert np.ptp(np.diff(xs)) == np.ptp(np.diff(ys)) == 0 and xs[1] - xs[0] == float(cells[0].attrib["width"])
    for cell in cells:
        share = shares[ys.index(float(cell.attrib["y"])), xs.index(float(cell.attrib["x"]))]
        mixed = [int(cell.attrib["fill"][k : k + 2], 16) for k in (1, 3, 5)]
        np.testing.assert_allclose(mixed, [255 * (1 - share), 255 - 179 * share, 255 - 127 * share], atol=0.51)
    texts = list(ElementTree.fromstring(confusion_svg(measured)).iter(f"{_NAME}text"))
    inside = [text for text in texts if "%" in text.text]
    assert len(inside) == 49
    for text in inside:  # centred in a column, in the upper half of a row; white where the cell is dark
        column, row = (float(text.attrib["x"]) - xs[0]) / 52, (float(text.attrib["y"]) - ys[0]) / 52
        assert column % 1 == 0.5 and 0.3 < row % 1 < 0.6
        share = shares[int(row), int(column)]
        assert text.text == f"{100 * share:.1f} %" and (text.attrib["fill"] == "#ffffff") == (share > 0.55)
    columns = [x for name in FER7 for x, y in placed(confusion_svg(measured))[name[:8]] if y < ys[0]]
    assert columns == [x + 26 for x in xs]
    rows = [max(y for _, y in placed(confusion_svg(measured))[name]) for name in FER7]
    assert rows == [y + 30 for y in ys]


def test_curves_and_circles_lie_where_their_axes_say(measured):
    def axis(svg: str, low: str, high: str) -> tuple[float, float, float, float]:
        """Places of the ends of the axes."""
        words = placed(svg)
        (left, right) = (next(x for x, y in words[name] if y > 330) for name in (low, high))
        (floor, top) = (next(y for x, y in words[name] if x < 55) - 4 for name in ("0 %", "100 %"))
        return left, right, floor, top

    rows = [{"epoch": e, "train_accuracy": 0.3, "val_accuracy": v} for e, v in ((2, 0.2), (4, 0.5), (10, 1.0))]
    svg = curves_svg(rows)
    left, right, floor, top = axis(svg, "2", "10")
    assert (right - left, floor - top) == (300, 300) and [x for x, y in placed(svg)["6"]] == [(left + right) / 2]
    assert [y - 4 for _, y in placed(svg)["25 %"]] == [floor - 75]
    points = [line.attrib["points"] for line in ElementTree.fromstring(svg).iter(f"{_NAME}polyline")][1]
    expected = [(left + 300 * (e - 2) / 8, floor - 300 * v) for e, v in ((2, 0.2), (4, 0.5), (10, 1.0))]
    np.testing.assert_allclose([[float(v) for v in pair.split(",")] for pair in points.split()], expected, atol=0.06)
    found = calibrate(measured)
    svg = reliability_svg(found)
    left, right, floor, top = axis(svg, "0 %", "100 %")
    circles = [[float(c.attrib[k]) for k in ("cx", "cy")] for c in ElementTree.fromstring(svg).iter(f"{_NAME}circle")]
    bins = [b for b in (*found.before, *found.after) if b.n]
    expected = [(left + 300 * b.confidence, floor - 300 * b.accuracy.value) for b in bins]
    np.testing.assert_allclose(circles, expected, atol=0.06)
    names = [y for name in ("as it is", f"temperature {found.temperature.value:.2f}") for _, y in placed(svg)[name]]
    assert names[1] - names[0] == 20
