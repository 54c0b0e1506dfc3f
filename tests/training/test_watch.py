"""Watched faces: known truth, no picture of a user's data, kept over resumes, and little time."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from fer_models.architectures import create_model
from fer_models.data import open_dataset
from fer_models.data.splits import make_split
from fer_models.errors import UserError
from fer_models.folders import checkpoints_folder
from fer_models.preprocess import Preprocess
from fer_models.training.runs.steps import StepLosses, read_losses
from fer_models.training.watch import watcher as module
from fer_models.training.watch.faces import FACES, choose_faces
from fer_models.training.watch.film import film
from fer_models.training.watch.focus import focus
from fer_models.training.watch.history import FILE, history_folder, read_watched, write_watched
from fer_models.training.watch.watcher import Watcher, look

PREPROCESS = Preprocess(size=48, channels=1)
CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return create_model("fcsdnet", 7, 1, growth=(4, 4, 4), repeats=(1, 1, 1), ratio=2)


@pytest.fixture
def dataset():
    return open_dataset("synthetic:count=70,size=48,identities=10")


@pytest.fixture
def photographs(tmp_path):
    """A folder of pictures, a class each."""
    rng = np.random.default_rng(0)
    for name in ("happy", "sad"):
        (tmp_path / "faces" / name).mkdir(parents=True)
        for i in range(12):
            pixels = rng.integers(0, 256, (48, 48), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "faces" / name / f"{i}.png")
    return open_dataset(str(tmp_path / "faces"))


def watched_by(network, dataset):
    faces = choose_faces(dataset, make_split(dataset), PREPROCESS, seed=0)
    return faces, faces.images(dataset, PREPROCESS)


def seen(network, dataset, epoch=1):
    faces, images = watched_by(network, dataset)
    return look(network, classes=dataset.classes, preprocess=PREPROCESS, faces=faces, images=images, epoch=epoch)


def test_built_in_faces_are_drawn_again_from_their_numbers(dataset):
    faces, images = watched_by(None, dataset)
    validation = set(dataset.rows[make_split(dataset).val].tolist())
    assert len(faces.rows) == FACES and faces.drawn.all() and set(faces.rows.tolist()) <= validation
    assert len(set(faces.targets.tolist())) == 7  # every class before a second one of any
    without = faces.images(None, PREPROCESS)
    for image, drawn, row in zip(images, without, faces.rows, strict=True):
        np.testing.assert_array_equal(image, drawn)
        np.testing.assert_array_equal(image, dataset.images[np.flatnonzero(dataset.rows == row)[0]])


def test_of_photographs_rows_are_kept_and_drawn_faces_stand_beside_them(photographs, network, tmp_path):
    faces, images = watched_by(network, photographs)
    assert faces.drawn.sum() == 2  # happy and sad are the classes that can be drawn
    assert [photographs.classes[k] for k in faces.targets[faces.drawn]] == ["happy", "sad"]
    assert faces.units()[-2:] == [("AU06", "AU12"), ("AU01", "AU04", "AU15")]
    two = create_model("mini_xception", 2, 1)
    watched = look(two, classes=photographs.classes, preprocess=PREPROCESS, faces=faces, images=images, epoch=1)
    write_watched(tmp_path, watched)
    with np.load(tmp_path / FILE) as stored:
        assert not any(array.dtype == np.uint8 for array in stored.values())
    assert [image is None for image in faces.images(None, PREPROCESS)] == (~faces.drawn).tolist()
    only = watched.of_drawn()
    assert only is not None and only.faces.drawn.all() and only.scores.shape == (1, 2, 2)


def test_looking_changes_neither_the_network_nor_the_dice(network, dataset):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.train()
    dice = torch.get_rng_state()
    first, second = seen(network, dataset), seen(network, dataset)
    assert network.training and torch.equal(torch.get_rng_state(), dice)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    np.testing.assert_array_equal(first.scores, second.scores)
    assert first.heat.shape == (1, 8, 48, 48) and first.heat.max() == 1 and first.method == "layer_cam"
    assert first.attention.shape == (1, len(first.modules), 8, 24, 24) and "spatial attention" in first.modules[0]
    np.testing.assert_allclose(first.scores.astype(float).sum(2), 1, atol=5e-3)


def test_a_run_keeps_its_epochs_over_a_resume_and_forgets_lost_ones(network, dataset, tmp_path):
    faces, images = watched_by(network, dataset)

    def watcher(epoch=0):
        return Watcher(tmp_path, faces, images, classes=dataset.classes, preprocess=PREPROCESS, epoch=epoch)

    first = watcher()
    for epoch in (1, 2, 3):
        first.epoch(network, epoch, best=1)
    assert read_watched(tmp_path).epochs.tolist() == [1, 2, 3]
    resumed = watcher(epoch=2)  # the state was of epoch 2
    resumed.epoch(network, 3, best=1)
    resumed.epoch(network, 40, best=3)
    assert read_watched(tmp_path).epochs.tolist() == [1, 2, 3, 40]
    resumed.epoch(network, 41, best=2)
    assert read_watched(tmp_path).epochs.tolist() == [1, 2, 40, 41]  # thinned to even ones, the best and the first
    watcher().epoch(network, 1, best=1)  # begun again
    assert read_watched(tmp_path).epochs.tolist() == [1]


def test_it_takes_no_more_than_its_share_of_the_time(network, dataset, tmp_path, monkeypatch):
    faces, images = watched_by(network, dataset)
    monkeypatch.setattr(module, "FREE_SECONDS", 0.0)
    monkeypatch.setattr(module, "MOST_SHARE", 0.0)
    watcher = Watcher(tmp_path, faces, images, classes=dataset.classes, preprocess=PREPROCESS)
    for epoch in (1, 2, 3):
        watcher.epoch(network, epoch, best=1, last=epoch == 3)
    assert read_watched(tmp_path).epochs.tolist() == [1, 3]


def test_a_network_that_cannot_be_explained_is_trained_all_the_same(network, dataset, tmp_path, monkeypatch, capsys):
    def refuse(*_args, **_options):
        raise UserError("no")

    monkeypatch.setattr(module, "look", refuse)
    faces, images = watched_by(network, dataset)
    Watcher(tmp_path, faces, images, classes=dataset.classes, preprocess=PREPROCESS).epoch(network, 1, best=1)
    assert read_watched(tmp_path) is None and "not drawn: no" in capsys.readouterr().out


def test_a_damaged_history_is_one_sentence(network, dataset, tmp_path):
    write_watched(tmp_path, seen(network, dataset))
    content = dict(np.load(tmp_path / FILE))
    np.savez(tmp_path / FILE, **content | {"targets": content["targets"] + 9})
    with pytest.raises(UserError, match="is damaged"):
        read_watched(tmp_path)
    (tmp_path / FILE).write_bytes(b"PK torn")
    with pytest.raises(UserError, match="is damaged"):
        read_watched(tmp_path)


def test_a_checkpoint_of_a_run_has_the_history_of_the_run(tmp_path):
    (tmp_path / "run" / "checkpoints" / "best").mkdir(parents=True)
    (tmp_path / "run" / "recipe.json").write_text("{}")
    assert history_folder(tmp_path / "run" / "checkpoints" / "best") == tmp_path / "run"
    assert history_folder(tmp_path / "checkpoints" / "shipped") == tmp_path / "checkpoints" / "shipped"


def test_focus_measures_where_the_heat_is(network, dataset):
    watched = seen(network, dataset)
    truth = watched.faces.truth(48)
    exact = truth.expression.astype(np.float16)
    watched.heat[0] = exact
    measured = focus(watched)
    assert measured.units[0] == 1 and 0 < measured.units_area < measured.face_area < 1
    assert 0 < measured.entropy[0] < 1 and 0.5 < measured.face[0] <= 1
    watched.heat[0] = 1
    even = focus(watched)
    assert even.entropy[0] == pytest.approx(1)
    assert even.face[0] == pytest.approx(even.face_area) and even.units[0] == pytest.approx(even.units_area)
    watched.heat[0] = 0
    assert np.isnan(focus(watched).units[0])


def test_a_film_has_a_frame_an_epoch(network, dataset):
    watched = seen(network, dataset).followed_by(seen(network, dataset, epoch=2))
    image = watched.faces.images(None, PREPROCESS)[0]
    with Image.open(io.BytesIO(film(watched, 0, image, "gif"))) as picture:
        assert picture.n_frames == 2
    assert film(watched, 0, image, "mp4")[4:8] == b"ftyp"


def test_losses_are_written_from_the_first_step_and_steps_taken_again_count_once(tmp_path):
    file, now = tmp_path / "steps.jsonl", [0.0]
    note = StepLosses(file, lambda: now[0])
    for step in range(1, 9):  # of a tenth of a second each
        note(step / 8, torch.tensor([2.0 * step, 0.0, 1.0 * step], dtype=torch.float64))
        now[0] += 0.1
    assert read_losses(file) == [(0.125, 2.0), (0.5, 2.0), (0.875, 2.0)]
    now[0] = 9.0
    note(2.0, torch.tensor([45.0, 0.0, 9.0]))  # the sums of another epoch
    assert read_losses(file)[-1] == (2.0, 5.0)
    StepLosses(file, lambda: now[0])(0.5, torch.tensor([1.0, 0.0, 1.0]))
    assert read_losses(file) == [(0.125, 2.0), (0.5, 1.0)]


def test_the_shipped_history_is_small_and_says_what_it_is():
    folder = checkpoints_folder() / "fcsdnet-synthetic"
    watched = read_watched(folder)
    assert (folder / FILE).stat().st_size < 3_000_000 and watched.faces.drawn.all()
    assert "second training" in watched.note and "not those that come with the app" in watched.note
    measured = focus(watched)
    assert measured.units[-1] > measured.units[0] and measured.entropy[-1] < measured.entropy[0]
