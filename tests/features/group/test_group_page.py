"""Group: the drawn group is read without a click, uploads count people, and the detector's button does what it says."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from app_driver import open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.errors import UserError
from fer_models.faces import download
from fer_models.faces.detect import detect_faces
from fer_models.faces.face import Face
from fer_models.faces.image import encode_png
from fer_models.labels import FER7
from workbench.face import detector_button, kept
from workbench.face.model import detector, framing
from workbench.features.group.model import group


@pytest.fixture(scope="module")
def faces() -> list[Face]:
    return detect_faces(group.drawn())


def test_without_a_network_it_says_what_to_do(app: AppTest) -> None:
    open_page(app, "group")
    assert any("No trained network yet" in info.value for info in app.info)
    assert not app.error


def test_the_drawn_group_stands_without_a_click(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "group")
    assert not app.error, words(app)
    text = words(app)
    assert "Of 8 people" in text and "Haar" in text
    assert detector.label() in [button.label for button in app.button]
    table = next(block.proto.body for block in app.get("html") if "Faces of the image" in block.proto.body)
    assert table.count("<tr>") == 9
    labels = [button.label for button in app.get("download_button")]
    assert {"Image (PNG)", "CSV"} <= set(labels)
    assert "fresh was trained with margin +0.00, upright" in text
    (choice,) = [box for box in app.selectbox if box.label == "Face"]
    choice.set_value(3).run()
    assert not app.exception and not app.error


def test_a_group_is_read_once(app: AppTest, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    for module, name in ((group, "read"), (framing, "framings")):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, real=real, name=name: (reads.append(name), real(*given))[1])
    open_page(app, "group")
    app.run()
    assert not app.exception and sorted(reads) == ["framings", "read"]


def test_uploads_are_read_or_refused_in_a_sentence(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "group")
    two = group.drawn()[:, :420]
    app.file_uploader[0].upload("two.png", encode_png(two), "image/png").run()
    assert not app.error, words(app)
    assert "Of 4 people" in words(app)
    app.file_uploader[0].upload("text.png", b"no image", "image/png").run()
    assert any("not an image" in error.value for error in app.error)
    blank = np.full((200, 300, 3), 128, np.uint8)
    app.file_uploader[0].upload("blank.png", encode_png(blank), "image/png").run()
    assert any("No face was found" in warning.value for warning in app.warning)


def test_uploads_that_are_gone_are_missed_until_there_is_one(app: AppTest, checkpoint: Checkpoint) -> None:
    app.session_state[kept.LOST.slot] = True
    open_page(app, "group")
    assert any("Your uploads are gone" in info.value and "Upload them again" in info.value for info in app.info)
    app.file_uploader[0].upload("two.png", encode_png(group.drawn()[:, :420]), "image/png").run()
    assert "Of 4 people" in words(app) and not any("gone" in info.value for info in app.info)


def test_people_are_numbered_by_rows_and_counted(checkpoint: Checkpoint, faces: list[Face]) -> None:
    people = group.read(group.drawn(), faces, Classifier(checkpoint))
    assert len(people) == 8 and [p.number for p in people] == list(range(1, 9))
    middles = [(p.face.box[0] + p.face.box[2]) / 2 for p in people]
    assert middles[:4] == sorted(middles[:4]) and middles[4:] == sorted(middles[4:])
    assert max(p.face.box[1] for p in people[:4]) < min(p.face.box[1] for p in people[4:])
    shares = group.shares(people, FER7)
    assert [name for name, _, _ in shares] == list(FER7)
    assert sum(count for _, count, _ in shares) == 8 and sum(share for _, _, share in shares) == pytest.approx(1)
    for person in people:
        expected = Classifier(checkpoint).predict([person.pixels]).ranked()[0]
        assert person.ranked[0][0] == expected[0] and person.ranked[0][1] == pytest.approx(expected[1], abs=1e-4)
        break
    head, rows = group.table(people, FER7)
    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    line = next(csv.DictReader(io.StringIO(text.getvalue())))
    assert line["class"] == people[0].answer and float(line["score"]) > 0
    assert sum(float(line[name]) for name in FER7) == pytest.approx(1, abs=1e-4)
    assert group.annotated(group.drawn(), people).shape == group.drawn().shape
    assert (group.annotated(group.drawn(), people) != group.drawn()).any()


def test_a_crowd_is_read_up_to_a_hundred(checkpoint: Checkpoint) -> None:
    picture = np.zeros((2000, 2000, 3), np.uint8)
    boxes = [(float(x), float(y), x + 100.0, y + 100.0) for y in range(0, 1760, 160) for x in range(0, 1760, 160)]
    crowd = [Face(box, 0.9, None, "haar") for box in boxes]
    assert len(crowd) == 121
    people = group.read(picture, crowd, Classifier(checkpoint))
    assert len(people) == group.MOST and people[1].face.box[0] == 160


def test_framings_hold_the_networks_own_one(checkpoint: Checkpoint, faces: list[Face]) -> None:
    classifier = Classifier(checkpoint)
    framings = framing.framings(group.drawn(), faces[0], classifier)
    (trained,) = [crop for crop in framings if crop.is_trained]
    assert trained.requested_alignment == trained.alignment == "none" and trained.margin == 0
    person = next(p for p in group.read(group.drawn(), faces, classifier) if p.face is faces[0])
    assert np.array_equal(trained.pixels, person.pixels) and trained.answer == person.answer
    blank = framing.framings(np.full((200, 200, 3), 90, np.uint8), Face((20, 20, 180, 180), 1.0), classifier)
    assert {crop.requested_alignment for crop in blank} == {"none"}  # no eyes, nothing to align
    assert framing.mismatch("none", "none") == "" and "upright square" in framing.mismatch("none", "eyes")


def test_the_detectors_button(app: AppTest, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> Path:
        raise UserError("The detector file could not be downloaded (no connection).")

    monkeypatch.setattr(detector_button.detector, "get", refused)
    open_page(app, "group")
    app.button(key="group yunet").click().run()
    assert any("could not be downloaded" in error.value for error in app.error)
    assert "Of 8 people" in words(app)  # the page is still drawn
    assert f"{download.SIZE / 1000:.0f} kB" in detector.terms() and "SHA-256" in detector.terms()
    assert detector.state().missing


def test_after_the_button_faces_are_found_again(
    app: AppTest, checkpoint: Checkpoint, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = shared / "detectors" / download.FILE_NAME

    def fetched() -> Path:
        monkeypatch.setenv("FER_YUNET", str(file))
        return file

    monkeypatch.setattr(detector_button.detector, "get", fetched)
    open_page(app, "group")
    assert "found by Haar" in words(app)
    app.button(key="group yunet").click().run()
    assert not app.error and not app.exception
    assert "found by YuNet" in words(app) and "Of 8 people" in words(app)


def test_with_yunet_there_is_no_button(
    app: AppTest, checkpoint: Checkpoint, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_YUNET", str(shared / "detectors" / download.FILE_NAME))
    open_page(app, "group")
    assert "found by YuNet" in words(app) and "Of 8 people" in words(app)
    assert detector.label() not in [button.label for button in app.button]


def test_small_and_uncertain_faces_can_be_left_out(app: AppTest, checkpoint: Checkpoint, faces: list[Face]) -> None:
    def move(label: str, value: float) -> str:
        next(slider for slider in app.slider if slider.label == label).set_value(value).run()
        assert not app.error and not app.exception
        return words(app)

    open_page(app, "group")
    assert {slider.label: slider.value for slider in app.slider} == {"Smallest face, pixels": 24, "Score at least": 0.5}
    sure = sum(face.score >= 0.9 for face in faces)
    assert 1 < sure < 8 and f"Of {sure} people" in move("Score at least", 0.9)
    assert "Of 8 people" in move("Score at least", 0.5)
    assert "lower the limits under “Which faces count”" in move("Smallest face, pixels", 240)
    assert "Of 8 people" in move("Smallest face, pixels", 24)


@pytest.mark.parametrize(
    ("page", "query"),
    [("explain", {"sample": "drawn-happy"}), ("stress", {}), ("video", {}), ("webcam", {"camera": "A single image"})],
)
def test_the_button_stands_where_faces_are_searched(
    app: AppTest, checkpoint: Checkpoint, page: str, query: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads: list[str] = []
    monkeypatch.setattr(detector_button.detector, "get", lambda: downloads.append(page))
    open_page(app, page, **query)
    (button,) = [b for b in app.button if b.label == detector.label()]
    button.click().run()
    assert downloads == [page] and not app.error
