"""Several images on one sheet, and what-if changes in the address, without Streamlit."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from app_driver import make_checkpoint
from PIL import Image

from fer_models.classifier import Classifier
from fer_models.explain.trust import card
from fer_models.explain.trust.standing import Standing
from workbench.face.model import samples
from workbench.face.model.picture import Picture
from workbench.features.explain.model import changes, sheet
from workbench.heatmap.model import drawing, printed
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Question


@pytest.fixture
def classifier(folders: Path) -> Classifier:
    return Classifier(make_checkpoint(folders / "checkpoints" / "one"))


def test_a_sheet_holds_every_image_and_says_what_could_not_be_read(classifier: Classifier) -> None:
    happy, blank = samples.picture("drawn-happy"), np.full((80, 80, 3), 90, np.uint8)
    tiny = np.zeros((1, 1, 3), np.uint8)
    shown = [
        Picture("IMG.png", happy, "a" * 64),
        Picture("IMG.png", blank, "b" * 64),
        Picture("dot.png", tiny, "c" * 64),
    ]
    seen: list[float] = []
    lines = sheet.read(classifier, shown, Question("saliency"), lambda done, what: seen.append(done))
    assert seen == pytest.approx([0, 1 / 3, 2 / 3])
    assert lines[0].look is not None and lines[0].verdict in sheet.VERDICTS.values()
    assert lines[1].problem == "No face was found." and lines[2].problem
    rows = sheet.table(lines)
    assert all(len(row) == len(sheet.COLUMNS) for row in rows)
    assert [row[0] for row in rows] == ["IMG.png (1)", "IMG.png (2)", "dot.png"], "two of one name are told apart"
    assert rows[0][5] == "saliency" and rows[1][8] == "No face was found."
    assert Image.open(io.BytesIO(sheet.sheet_png(lines, Display(), "three"))).height > 3 * 168
    files = zipfile.ZipFile(io.BytesIO(sheet.archive(lines, Display(), classifier, "three")))
    names = files.namelist()
    assert len(names) == len(set(names)) == 4 and {"sheet.png", "sheet.csv"} < set(names)
    (values,) = [name for name in names if name.endswith(".npy")]
    assert values == f"01-IMG-aaaaaa-one-saliency-{lines[0].look.target}.npy"
    assert rows[0][sheet.COLUMNS.index("files")] == "01-IMG-aaaaaa", "the table says which files are an image's"


def test_a_long_name_ends_before_the_pictures() -> None:
    tile = np.full((168, 168, 3), 255, np.uint8)
    drawn = [drawing.sheet_png([([name], [tile])], "t", "n") for name in ("W" * 36, "W" * 20 + "Жü")]
    for png in drawn:
        pixels = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
        assert (pixels[44:70, :200] < 90).any() and (pixels[44:, 292:300] == 255).all()


def test_a_verdict_of_the_sheet_leaves_no_baseline_out(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first verdict of a very large network rests on the blurred baseline alone."""
    monkeypatch.setattr(card, "AT_ONCE", -1)
    monkeypatch.setattr(card, "_problem", lambda *args, **named: None)
    monkeypatch.setattr(Standing, "passes", True)
    shown = [Picture("IMG.png", samples.picture("drawn-happy"), "a" * 64)]
    (line,) = sheet.read(classifier, shown, Question("saliency"), lambda done, what: None)
    assert line.card is not None and list(line.card.standings) == list(card.BASELINES)


def test_a_heatmap_is_saved_with_its_colour_bar(classifier: Classifier) -> None:
    (line,) = sheet.read(
        classifier,
        [Picture("a", samples.picture("drawn-sad"), "d" * 64)],
        Question("saliency"),
        lambda done, what: None,
    )
    assert line.pixels is not None and line.look is not None
    drawn = (line.pixels, line.look, Display(), classifier.checkpoint)
    assert printed.pdf(*drawn).startswith(b"%PDF")
    text = printed.svg(*drawn)
    assert "linearGradient" in text and "part of the largest value" in text and "data:image/png" in text
    picture = Image.open(io.BytesIO(printed.png(*drawn)))
    assert picture.info["dpi"][0] == pytest.approx(300, abs=1)
    bar = np.asarray(picture)[960 + 16 + 14].astype(int)  # dark on the left, bright on the right
    assert bar[5].sum() < 30 and bar[-5].sum() > 500


def test_changes_of_the_address_are_bounded() -> None:
    assert changes.parse("bar=9,bar down=0.5,light=nan,=1,,blur") == {"bar": 1.0, "bar down": 0.5}
    assert changes.parse(changes.text({"rotation": -12.5})) == {"rotation": -12.5}
    assert changes.parse("") == {}
