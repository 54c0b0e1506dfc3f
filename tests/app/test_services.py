"""Use cases without Streamlit."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from app_driver import FIGURE, ROOT, make_checkpoint

from fer_models import labels
from fer_models.classifier import Classifier
from fer_models.crop import crop_for
from fer_models.errors import UserError
from fer_models.faces.detect import detect_faces
from fer_models.faces.face import Face
from fer_models.preprocess import Preprocess
from workbench import cache
from workbench.app import inventory, machine, pictures, runs, wording
from workbench.face.model import samples
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.look import Question


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "unknown"),
        (0.0404, "40 ms"),
        (12.3, "12 s"),
        (59.6, "1 min"),
        (200, "3 min 20 s"),
        (700, "12 min"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
    ],
)
def test_times_are_said_as_people_do(seconds: float | None, text: str) -> None:
    assert wording.duration(seconds) == text


def test_a_figure_says_all_that_makes_it_honest() -> None:
    text = wording.figure(FIGURE | {"selection": "Training folds"})
    assert text == "65.4 % [63.8, 67.0] · n = 3,589 · FER2013, PublicTest · epoch chosen on Training folds"
    assert wording.figure(None) == "not measured yet"
    assert wording.size(8_600_000) == "8.6 MB"


def test_libraries_imported_late_are_taken_out_of_garbage_collection_too(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen: list[int] = []
    monkeypatch.setattr(machine, "gc", SimpleNamespace(collect=lambda: None, freeze=lambda: frozen.append(1)))
    monkeypatch.setattr(machine, "_spared", 0)
    for expected in (1, 1):  # the second page imports nothing more
        with machine.drawing():
            pass
        assert len(frozen) == expected
    for number in range(60):
        monkeypatch.setitem(sys.modules, f"late {number}", ModuleType("late"))
    with machine.drawing():
        pass
    assert len(frozen) == 2


def test_this_machine_has_a_name_and_cores() -> None:
    computer = machine.describe()
    assert computer.processor and computer.cores >= 1 and computer.memory > 1e8
    assert computer.device
    machine.limit_threads.cache_clear()  # another test may have set a number of its own since
    machine.limit_threads()
    import torch

    assert torch.get_num_threads() <= max(1, computer.cores // 2)


def test_a_short_answer_gets_all_cores_and_gives_them_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """On two cores the app keeps to one; a verdict took twice as long as it needed."""
    import torch

    monkeypatch.setattr(machine.system, "cores", lambda: 2)
    machine.limit_threads.cache_clear()
    assert machine.limit_threads() == torch.get_num_threads() == 1
    with pytest.raises(RuntimeError), machine.all_cores():
        assert torch.get_num_threads() == 2
        raise RuntimeError
    assert torch.get_num_threads() == 1
    counted = []
    monkeypatch.setattr(look_model, "trust_card", lambda *_, **__: counted.append(torch.get_num_threads()))
    monkeypatch.setattr(look_model, "test_further", lambda *_: counted.append(torch.get_num_threads()))
    classifier = SimpleNamespace(prepare=lambda images: images)
    look_model.trust(classifier, None, None, 10)  # type: ignore[arg-type]
    look_model.continued(classifier, None, None, None)  # type: ignore[arg-type]
    assert counted == [2, 2] and torch.get_num_threads() == 1
    machine.limit_threads.cache_clear()


def test_samples_show_every_emotion_and_a_face_is_found() -> None:
    drawn = {key for key in samples.titles() if samples.drawn(key)}
    assert {key.removeprefix("drawn-") for key in drawn} == set(labels.FER7)
    assert next(iter(samples.titles())) == samples.ASTRONAUT and not samples.plates()
    for key in samples.titles():
        assert len(detect_faces(samples.picture(key))) == 1, key
    with pytest.raises(UserError, match="no sample image"):
        samples.picture("drawn-bored")


def test_frames_are_drawn_on_a_copy() -> None:
    picture = samples.picture("drawn-happy")
    before = picture.copy()
    corners = [(20.0, 20.0), (90.0, 20.0), (90.0, 90.0), (20.0, 90.0)]
    framed = pictures.with_frames(picture, [corners, corners], selected=1)
    assert (picture == before).all()
    assert framed.shape == picture.shape and (framed != picture).any()


def test_large_pictures_are_reduced_for_the_screen() -> None:
    framed = pictures.with_frames(np.zeros((3000, 1500, 3), np.uint8), [], 0)
    assert framed.shape == (720, 360, 3)


def test_enlarging_repeats_pixels() -> None:
    crop = np.arange(48 * 48, dtype=np.uint8).reshape(48, 48, 1)
    large = pictures.enlarged(crop, 144)
    assert large.shape == (144, 144, 1)
    assert (large[::3, ::3] == crop).all() and (large[2::3, 2::3] == crop).all()


def test_a_crop_is_what_training_would_see() -> None:
    image = samples.picture("drawn-sad")
    crop = crop_for(image, Face((30, 30, 190, 190), 1.0), Preprocess(48, 1))
    assert crop.pixels.shape == (48, 48, 1) and crop.pixels.dtype == np.uint8 and len(crop.corners) == 4


def test_one_look_agrees_with_the_library(folders: Path) -> None:
    classifier = Classifier(make_checkpoint(folders / "checkpoints" / "one"))
    image = samples.picture("drawn-happy")
    crop = crop_for(image, detect_faces(image)[0], classifier.checkpoint.preprocess)
    look = look_model.look(classifier, crop.pixels, Question(target="fear", layer="stage 1 attention"))
    assert look.prediction.ranked() == classifier.predict([crop.pixels]).ranked()
    assert look.target == "fear" and look.attribution.layer == "stage 1 attention"
    assert look.title.startswith("LayerCAM for fear (")
    values = np.load(io.BytesIO(look_model.raw(look.attribution)), allow_pickle=False)
    assert (values == look.attribution.values[0]).all()
    drawn = look_model.overlaid(crop.pixels, look.attribution.heatmap()[0], 480, opacity=0.5, signed=False)
    assert drawn.shape == (480, 480, 3)
    plain = look_model.overlaid(crop.pixels, None, 480, opacity=0.5, signed=False)
    assert (plain == pictures.enlarged(pictures.as_rgb(crop.pixels), 480)).all()


def test_signed_overlays_tell_for_from_against() -> None:
    face = np.full((8, 8, 1), 128, np.uint8)
    heat = np.zeros((8, 8), np.float32)
    heat[0], heat[-1] = 1, -1
    drawn = look_model.overlaid(face, heat, 8, opacity=1.0, signed=True).astype(int)
    assert drawn[0, 0, 0] > drawn[0, 0, 2]  # orange speaks for the class
    assert drawn[-1, 0, 2] > drawn[-1, 0, 0]  # purple against it
    assert np.ptp(drawn[4, 4]) < 3 and drawn[4, 4].min() > 230  # zero is near white


def test_own_attention_is_named_and_at_input_size(folders: Path) -> None:
    classifier = Classifier(make_checkpoint(folders / "checkpoints" / "one"))
    attention = look_model.own_attention(classifier, np.zeros((48, 48, 1), np.uint8))
    assert not attention.empty
    assert len(attention.overlays) == len(attention.channels) == len(attention.gates) == 3
    assert all(values.shape == (48, 48) for _, values in attention.overlays + attention.channels)
    assert [len(gates) for gates in attention.gates.values()] == [32, 64, 128]


def test_networks_are_listed_best_first_and_damaged_ones_named(folders: Path) -> None:
    base = folders / "checkpoints"
    make_checkpoint(base / "plain")
    make_checkpoint(base / "better", metrics=[FIGURE | {"value": 0.7, "split": "val", "selection": "val"}])
    unseen = [
        FIGURE | {"value": 0.9, "split": "val", "selection": "val"},
        FIGURE | {"value": 0.6, "split": "test", "selection": "val"},
    ]
    make_checkpoint(base / "honest", metrics=unseen)
    (base / "empty").mkdir()
    (base / ".hidden").mkdir()
    networks = inventory.trained_networks()
    assert [network.name for network in networks] == ["better", "honest", "plain", "empty"]
    assert list(inventory.usable(networks)) == ["better", "honest", "plain"]
    assert "60.0 %" in inventory.usable(networks)["honest"].figure  # on the split that chose nothing
    assert "has no config.json" in str(next(n.problem for n in networks if n.name == "empty"))


def test_a_page_opens_with_a_network_that_knows_people(folders: Path) -> None:
    base = folders / "checkpoints"
    make_checkpoint(base / "drawn", metrics=[FIGURE | {"value": 0.92, "data": "synthetic"}])
    part = FIGURE | {"value": 0.64, "split": "PublicTest without images that leak", "selection": "PublicTest"}
    make_checkpoint(base / "real", metrics=[FIGURE | {"selection": "PublicTest"}, part])
    networks = inventory.trained_networks()
    assert [network.name for network in networks] == ["real", "drawn"]
    assert networks[0].figure.startswith("65.4 %")  # a part of the selecting split is no unseen split


def test_an_address_cannot_lead_out_of_the_runs_folder() -> None:
    for name in ("../secret", "/etc", "", "."):
        with pytest.raises(UserError, match="There is no run"):
            runs.find(name)


def test_all_threads_share_one_model(folders: Path) -> None:
    checkpoint = make_checkpoint(folders / "checkpoints" / "one")
    classifiers: list[Classifier] = []
    threads = [threading.Thread(target=lambda: classifiers.append(cache.classifier(checkpoint))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(classifiers) == 6 and len({id(classifier) for classifier in classifiers}) == 1
    other = make_checkpoint(folders / "checkpoints" / "two", seed=1)
    assert cache.classifier(other) is not classifiers[0]


def test_freed_memory_goes_back_to_the_system() -> None:
    """Small pieces in between keep the C library from returning what large images took."""
    if not Path("/proc/self/statm").exists():
        pytest.skip("the memory of a process cannot be read here")

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    pieces = [bytearray(100_000) for _ in range(1_000)]
    kept = pieces[::50]
    del pieces
    before = resident()
    machine.return_memory()
    assert before - resident() > 50e6
    assert len(kept) == 20


def test_as_many_networks_stay_loaded_as_a_page_asks_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(cache, "Classifier", lambda checkpoint, device: loaded.append(checkpoint.identity))
    for _ in range(2):
        for number in range(cache.NETWORKS):
            stub: Any = SimpleNamespace(identity=f"stub {number}")
            cache.classifier(stub)
    assert len(loaded) == cache.NETWORKS >= len(list((ROOT / "checkpoints").glob("*/config.json")))
