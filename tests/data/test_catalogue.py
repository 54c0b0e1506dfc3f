"""Data sets by name: the built-in one, those in the data folder, and those that were added."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer_models.data import add_dataset, known_datasets, open_dataset, remove_dataset
from fer_models.data.opening import split_options
from fer_models.errors import UserError
from fer_models.folders import cache_folder

Draw = Callable[..., np.ndarray]
Write = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, draw: Draw, save: Write) -> Path:
    """A data folder with one set of pictures, called mine."""
    monkeypatch.setenv("FER_DATA", str(tmp_path / "data"))
    for i, word in enumerate(("happy", "sad")):
        save(tmp_path / "data" / "mine" / word / "1.png", draw(i))
    return tmp_path / "data"


def test_the_data_folder_is_searched(folder: Path, fer_rows: list, write_pixel_csv: Write) -> None:
    write_pixel_csv(folder / "kaggle" / "fer2013.csv", "emotion,pixels,Usage", fer_rows)
    write_pixel_csv(folder / "more.csv", "emotion,pixels,Usage", fer_rows)
    (folder / "notes.txt").write_text("x")
    entries = known_datasets()
    assert [(e.name, e.reader) for e in entries] == [
        ("synthetic", "synthetic"),
        ("kaggle", "fer2013"),
        ("mine", "folder"),
        ("more", "fer2013"),
    ]
    titles = [entry.title for entry in entries[1:]]
    assert titles == ["FER2013 (kaggle)", "mine", "FER2013 (more)"], "two of a kind are told apart"
    assert len(open_dataset("kaggle")) == 21 and len(open_dataset("mine")) == 2


def test_an_empty_or_missing_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_DATA", str(tmp_path / "nothing"))
    assert [entry.name for entry in known_datasets()] == ["synthetic"]


def test_the_data_folder_may_be_a_set_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fer_rows: list, write_pixel_csv: Write
) -> None:
    monkeypatch.setenv("FER_DATA", str(tmp_path))
    write_pixel_csv(tmp_path / "fer2013.csv", "emotion,pixels,Usage", fer_rows)
    assert [entry.reader for entry in known_datasets()] == ["synthetic", "fer2013"]
    assert len(open_dataset("fer2013")) == 21


def test_adding_and_removing(folder: Path, tmp_path: Path) -> None:
    entry = add_dataset("My faces", folder / "mine")
    assert entry.reader == "folder" and entry.added
    assert known_datasets()[-1] == entry and (cache_folder() / "datasets.json").is_file()
    assert len(open_dataset("My faces")) == 2
    for name, message in (
        ("My faces", "already"),
        ("synthetic", "already"),
        ("../x", "letters"),
        ("", "letters"),
        ("n" * 61, "letters"),
        (".x", "letters"),
    ):
        with pytest.raises(UserError, match=message):
            add_dataset(name, folder / "mine")
    with pytest.raises(UserError, match="There is no file or folder"):
        add_dataset("gone", tmp_path / "gone")
    with pytest.raises(UserError, match="no reader called 'odd'"):
        add_dataset("odd", folder / "mine", reader="odd")
    assert add_dataset("n" * 60, folder / "mine").added
    remove_dataset("n" * 60)
    remove_dataset("My faces")
    assert [entry.name for entry in known_datasets()] == ["synthetic", "mine"]
    assert (folder / "mine").is_dir()
    with pytest.raises(UserError, match="was added"):
        remove_dataset("mine")


def test_a_damaged_list_is_an_empty_one(folder: Path) -> None:
    add_dataset("a", folder / "mine")
    (cache_folder() / "datasets.json").write_text("[1, 2")
    assert [entry.name for entry in known_datasets()] == ["synthetic", "mine"]


def test_a_set_that_is_gone(folder: Path, tmp_path: Path) -> None:
    (folder / "mine").rename(tmp_path / "moved")
    add_dataset("a", tmp_path / "moved")
    (tmp_path / "moved").rename(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="no longer there"):
        open_dataset("a")
    with pytest.raises(UserError, match="known data sets are: synthetic"):
        open_dataset("nothing like it")


def test_options_in_names() -> None:
    assert split_options("synthetic") == ("synthetic", {})
    assert split_options("synthetic:count=5, seed=1") == ("synthetic", {"count": "5", "seed": "1"})
    assert split_options("/a:b/c.csv") == ("/a:b/c.csv", {})
    for odd in ("synthetic:count", "synthetic:count="):
        with pytest.raises(UserError, match="name=value"):
            split_options(odd)


def test_the_built_in_set() -> None:
    name = "synthetic:count=120,size=48,seed=5,identities=12,classes=happy+sad+neutral"
    data = open_dataset(name)
    assert data.images.shape == (120, 48, 48, 1) and data.classes == ("happy", "sad", "neutral")
    assert data.split_names == ("train", "val", "test")
    parts = [set(data.subjects[data.split_index(part)]) for part in data.split_names]
    assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    assert [len(part) for part in parts] == [8, 2, 2]
    happy = data.labels == 0
    assert (data.columns["AU12"][happy] > 0).all() and (data.columns["AU12"][~happy] == 0).all()
    assert data.columns["landmarks"].shape[0] == 120
    assert open_dataset(name).fingerprint() == data.fingerprint()
    assert open_dataset("synthetic:count=4", size=64, channels=3).images.shape == (4, 64, 64, 3)
    for bad, message in (("odd=1", "no option odd"), ("count=x", "count must be a whole"), ("size=7", "48 to 224")):
        with pytest.raises(UserError, match=message):
            open_dataset(f"synthetic:{bad}")


def test_a_folder_called_like_a_known_set_does_not_hide_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "synthetic").mkdir()
    monkeypatch.chdir(tmp_path)
    assert len(open_dataset("synthetic:count=14,size=48")) == 14
    assert len(open_dataset("synthetic")) > 14
    with pytest.raises(UserError):
        open_dataset("./synthetic")
