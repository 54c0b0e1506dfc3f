"""Which words open which data set, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from fer_models.data import open_dataset, opening
from fer_models.data.opening import split_options
from fer_models.errors import UserError


@pytest.mark.parametrize(("size", "taken"), [(7, False), (8, True), (1024, True), (1025, False)])
def test_sides_from_8_to_1024_are_taken(size: int, taken: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening.builtin, "open_synthetic", lambda options, **chosen: chosen["size"])
    if taken:
        assert open_dataset("synthetic", size=size) == size
    else:
        with pytest.raises(UserError, match="8 to 1024 pixels"):
            open_dataset("synthetic", size=size)


@pytest.mark.parametrize(("channels", "taken"), [(None, True), (1, True), (2, False), (3, True), (4, False)])
def test_one_or_three_channels_are_taken(channels: int | None, taken: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening.builtin, "open_synthetic", lambda options, **chosen: chosen["channels"])
    if taken:
        assert open_dataset("synthetic", channels=channels) == channels
    else:
        with pytest.raises(UserError, match="1 or 3 channels"):
            open_dataset("synthetic", channels=channels)


def test_a_known_name_comes_before_a_folder_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening.builtin, "open_synthetic", lambda options, **chosen: "the built-in faces")
    monkeypatch.setattr(opening, "_open_path", lambda path, *rest: path)
    monkeypatch.chdir(tmp_path)
    assert open_dataset("synthetic") == "the built-in faces"
    (tmp_path / "synthetic").mkdir()
    (tmp_path / "other").mkdir()
    assert open_dataset("synthetic") == "the built-in faces"
    assert open_dataset("./synthetic") == Path("./synthetic")
    assert open_dataset(Path("synthetic")) == Path("synthetic")
    assert open_dataset("other") == Path("other")
    with pytest.raises(UserError, match="There is no file, folder or data set called 'nowhere'"):
        open_dataset("nowhere")


def test_options_name_reader_and_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_open_path", lambda path, reader, *rest: (path, reader))
    monkeypatch.setattr(opening, "recognise", lambda path: "folder")
    assert open_dataset(f"{tmp_path}:crop=face") == (tmp_path, "folder:crop=face")
    assert open_dataset(f"{tmp_path}:reader=jaffe,crop=face") == (tmp_path, "jaffe:crop=face")
    assert open_dataset(f"{tmp_path}:reader=jaffe") == (tmp_path, "jaffe")
    assert open_dataset(f"{tmp_path}:crop=face", reader="kdef:angle=straight") == (tmp_path, "kdef:crop=face")
    assert open_dataset(tmp_path, reader="kdef:angle=straight") == (tmp_path, "kdef:angle=straight")


def test_splitting_options() -> None:
    assert split_options("a") == ("a", {}) and split_options(" a : b = 1, c=x ") == ("a", {"b": "1", "c": "x"})
    assert split_options("C:/faces/x") == ("C:/faces/x", {}) and split_options("C:\\x") == ("C:\\x", {})
    assert split_options("/a:b=") == ("/a:b=", {})
    for bad in ("a:b", "a:b=", "a:b=1,c"):
        with pytest.raises(UserError, match="is not an option"):
            split_options(bad)


def test_people_who_are_not_known_are_counted() -> None:
    from fer_models.data.dataset import FaceDataset

    def note(subjects: list[str] | None) -> tuple[str, ...]:
        n = 4
        faces = FaceDataset(
            name="x",
            images=np.zeros((n, 8, 8, 1), np.uint8),
            labels=np.zeros(n, np.int64),
            classes=("a",),
            split=np.zeros(n, np.int8),
            split_names=("all",),
            rows=np.arange(n),
            source="",
            subjects=None if subjects is None else np.asarray(subjects),
        )
        return opening._unknown_people(faces)

    assert note(None) == () and note(["a", "a", "b", "b"]) == ()
    (sentence,) = note(["a", "", "", "b"])
    assert sentence.startswith("Of 2 images the person is not known")
