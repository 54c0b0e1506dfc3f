"""Stores: written once, opened memory-mapped, rebuilt when the source changes."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from peak_memory import memory_rises_less_than

from fer_models.data import open_dataset, store
from fer_models.data.dataset import FaceDataset
from fer_models.data.listing import fit
from fer_models.data.readers.base import READERS
from fer_models.errors import UserError

Write = Callable[..., None]
Rows = list[tuple[int, np.ndarray, str]]


@pytest.fixture
def csv_file(tmp_path: Path, fer_rows: Rows, write_pixel_csv: Write) -> Path:
    write_pixel_csv(tmp_path / "fer2013.csv", "emotion,pixels,Usage", fer_rows)
    return tmp_path / "fer2013.csv"


def _only_store() -> Path:
    (folder,) = (store.cache_folder() / "stores").iterdir()
    return folder


def test_second_opening_reads_nothing(csv_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_dataset(csv_file)
    monkeypatch.setattr(READERS["fer2013"], "read", lambda *a, **k: pytest.fail("read again"))
    second = open_dataset(csv_file)
    assert isinstance(second.images, np.memmap)
    assert second.fingerprint() == first.fingerprint()
    assert (second.classes, second.split_names, second.notes) == (first.classes, first.split_names, first.notes)
    np.testing.assert_array_equal(second.rows, np.arange(21))


def test_a_changed_source_is_read_again(csv_file: Path) -> None:
    assert len(open_dataset(csv_file)) == 21
    lines = csv_file.read_text().splitlines()
    csv_file.write_text("\n".join(lines[:-1]) + "\n")
    assert len(open_dataset(csv_file)) == 20
    same_size = csv_file.read_text().replace("Training", "trainING", 1)
    csv_file.write_text(same_size)
    os.utime(csv_file, ns=(1, 1))
    with pytest.raises(UserError, match="line 2: Usage 'trainING'"):
        open_dataset(csv_file)


@pytest.mark.parametrize("damage", ["meta", "images", "gone", "pickle"])
def test_a_damaged_store_is_made_anew(csv_file: Path, damage: str) -> None:
    expected = open_dataset(csv_file).fingerprint()
    folder = _only_store()
    if damage == "meta":
        (folder / "meta.json").write_text("{")
    elif damage == "images":
        (folder / "images.npy").write_bytes((folder / "images.npy").read_bytes()[:500])
    elif damage == "gone":
        (folder / "images.npy").unlink()
    else:
        np.save(folder / "images.npy", np.asarray([{}], object), allow_pickle=True)
    assert open_dataset(csv_file).fingerprint() == expected


def test_nothing_half_written_is_left(csv_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store, "_write_meta", fail)
        with pytest.raises(UserError, match="No space left on device"):
            open_dataset(csv_file)
    assert list((store.cache_folder() / "stores").iterdir()) == []
    assert len(open_dataset(csv_file)) == 21


def test_size_and_channels_are_stores_of_their_own(csv_file: Path) -> None:
    small = open_dataset(csv_file, size=24, channels=3)
    assert small.images.shape == (21, 24, 24, 3)
    assert (small.images[..., 0] == small.images[..., 2]).all()
    assert open_dataset(csv_file).images.shape == (21, 48, 48, 1)
    with pytest.raises(UserError, match="1 or 3 channels"):
        open_dataset(csv_file, channels=2)
    with pytest.raises(UserError, match="8 to 1024"):
        open_dataset(csv_file, size=4)


def test_left_out_pictures_shorten_the_store(tmp_path: Path, draw: Callable[..., np.ndarray], save: Write) -> None:
    for i in range(6):
        save(tmp_path / "set" / ("happy", "sad")[i % 2] / f"{i}.png", draw(i))
    (tmp_path / "set/happy/2.png").write_text("no image")
    data = open_dataset(tmp_path / "set")
    assert len(data) == 5
    assert data.rows.tolist() == [0, 2, 3, 4, 5]
    assert len(data.unreadable) == 1 and data.unreadable[0].startswith("2.png: ")
    np.testing.assert_array_equal(data.images[1], draw(4))
    assert "1 of 6 images were left out" in data.notes[0]


def test_many_files_are_checked_by_folders_and_a_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_CHECKED_FILES", 4)
    files = [tmp_path / "a" / f"{i}.png" for i in range(20)]
    files[0].parent.mkdir()
    for file in files:
        file.write_bytes(b"x")
    before = store.signature(files, tmp_path)
    assert len(before) == 4 + 2 and len(store.signature(files)) == 4
    files[1].rename(tmp_path / "a" / "other.png")
    assert store.signature(files, tmp_path)[str(tmp_path / "a")] != before[str(tmp_path / "a")]


def test_pictures_that_come_and_go_are_noticed(tmp_path: Path, draw: Callable[..., np.ndarray], save: Write) -> None:
    for i in range(4):
        save(tmp_path / "train" / ("happy", "sad")[i % 2] / f"{i}.png", draw(i))
    assert len(open_dataset(tmp_path)) == 4
    save(tmp_path / "train" / "sad" / "9.png", draw(9))
    assert len(open_dataset(tmp_path)) == 5
    save(tmp_path / "test" / "sad" / "1.png", draw(10))
    assert open_dataset(tmp_path).split_names == ("train", "test")
    (tmp_path / "train" / "happy" / "0.png").unlink()
    assert len(open_dataset(tmp_path)) == 5


def test_a_set_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, draw: Callable[..., np.ndarray], save: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a mixture of old and new nor a half-written store: the next opening reads it whole."""
    for i in range(4):
        save(tmp_path / "set" / "train" / ("happy", "sad")[i % 2] / f"{i}.png", draw(i))
    decode = store.decode

    def slow(*args: object) -> object:
        yield from decode(*args)
        save(tmp_path / "set" / "train" / "sad" / "late.png", draw(9))

    with monkeypatch.context() as patch:
        patch.setattr(store, "decode", slow)
        with pytest.raises(UserError, match="changed while it was read"):
            open_dataset(tmp_path / "set")
    assert len(open_dataset(tmp_path / "set")) == 5


def test_a_cache_that_is_removed_while_it_is_used_goes_on_and_is_made_anew(csv_file: Path) -> None:
    used = open_dataset(csv_file)
    shutil.rmtree(store.cache_folder())
    assert used.images[:].sum() > 0
    assert open_dataset(csv_file).fingerprint() == used.fingerprint()


def test_fit_takes_the_middle_square() -> None:
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = (255, 0, 0)
    assert (fit(wide, (10, 10, 3)) == (255, 0, 0)).all()
    assert (fit(wide, (10, 10, 1)) == 76).all()  # 0.299 of 255, Rec. 601.


def test_data_sets_check_their_arrays() -> None:
    images = np.zeros((2, 8, 8, 1), np.uint8)
    common = {"name": "x", "classes": ("a",), "split_names": ("all",), "source": "", "split": np.zeros(2, np.int8)}
    with pytest.raises(UserError, match="2 images but 3 labels"):
        FaceDataset(images=images, labels=np.zeros(3, np.int64), rows=np.arange(2), **common)
    with pytest.raises(UserError, match="labels must lie between 0 and 0"):
        FaceDataset(images=images, labels=np.asarray([0, 1]), rows=np.arange(2), **common)


def test_a_store_of_450000_pictures_opens_at_once(tmp_path: Path, draw: Callable[..., np.ndarray], save: Write) -> None:
    for word in ("happy", "sad"):
        save(tmp_path / "set" / word / "1.png", draw(1, 96))
    open_dataset(tmp_path / "set")
    for file in _only_store().glob("*.npy"):
        old = np.load(file)
        np.lib.format.open_memmap(file, "w+", old.dtype, (450_000, *old.shape[1:])).flush()  # Sparse on disk.
    start = time.process_time()
    with memory_rises_less_than(100):
        data = open_dataset(tmp_path / "set")
        page = data.images[np.flatnonzero(data.labels == 0)[200_000:200_060]]
    assert time.process_time() - start < 1
    assert data.images.shape == (450_000, 96, 96, 1) and page.shape == (60, 96, 96, 1)
