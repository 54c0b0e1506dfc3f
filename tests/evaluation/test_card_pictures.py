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
