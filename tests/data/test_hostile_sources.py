"""Data of unchecked origin: nothing raises but a sentence, and nothing outside an upload is read."""

from __future__ import annotations

import io
import lzma
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fer_models.data.archive import extract_zip
from fer_models.data.catalogue import known_datasets
from fer_models.data.csv_file import LONGEST_LINE, blocks_of, read_table
from fer_models.data.opening import open_dataset, recognise
from fer_models.data.readers.base import files_below, image_files, recognisers
from fer_models.errors import UserError
from fer_models.faces.image import encode_png, read_image

PIXELS = " ".join(["7"] * 64)


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FER_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def faces(folder: Path, names: tuple[str, ...] = ("happy", "sad"), count: int = 3) -> Path:
    for seed, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            image = np.random.default_rng([seed, number]).integers(0, 255, (16, 16), np.uint8)
            (folder / name / f"{number}.png").write_bytes(encode_png(image))
    return folder


def test_odd_entries_of_the_data_folder_hinder_no_other(folders: Path) -> None:
    faces(folders / "good")
    (folders / "mac.csv").write_bytes(b"path,label\ra.png,happy\rb.png,sad\r")
    (folders / "quotes.csv").write_bytes(b'path,"label\na,"b"c\n')
    (folders / "null.csv").write_bytes(b"path,la\0bel\n")
    (folders / "loop").symlink_to("loop")
    (folders / "loop.csv").symlink_to("loop.csv")
    (folders / "zeros.csv").symlink_to("/dev/zero")
    os.mkfifo(folders / "pipe.csv")
    (folders / os.fsdecode(b"\xff.csv")).write_bytes(b"path,label\n")
    (folders / "itself").mkdir()
    (folders / "itself" / "again").symlink_to(".")
    names = [entry.name for entry in known_datasets()]
    assert "good" in names and "synthetic" in names
    assert "zeros" not in names and "pipe" not in names
    for entry in folders.iterdir():
        recognisers(entry)


def test_a_reader_that_fails_recognises_nothing(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bool:
        raise OSError(36, "File name too long")

    faces(folders / "good")
    monkeypatch.setattr("fer_models.data.readers.jaffe.Jaffe.recognises", fail)
    assert recognise(folders / "good") == "folder"


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("delimiter", [b",", b";", b"\t"])
def test_line_ends_and_delimiters(folders: Path, end: bytes, delimiter: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_models.data.csv_file._PIECE", 5)
    rows = [[b"label", b"pixels"], [b"happy", PIXELS.encode()], [b"sad", PIXELS.encode()]]
    (folders / "set.csv").write_bytes(end.join(delimiter.join(row) for row in rows))
    assert list(open_dataset(folders / "set.csv").labels) == [0, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("path,label,label\na,b,c\n", "two columns 'label'"),
        ("label,pixels\n--3," + PIXELS + "\n99," + PIXELS, "none of 0 to 7|--3"),
        ("label,pixels\n" + "9" * 5000 + "," + PIXELS + "\n", ""),
        ("path,label\n" + "a" * 300 + ".png,happy\n", "does not exist|not found"),
        ("path,label\n" + "a" * 200_000 + ",happy\n", "field larger than field limit"),
        ("path,label\n\"a,happy\nb,sad\n", "columns instead of 2|line contains"),
        ("label,pixels,split\n" + "".join(f"happy,{PIXELS},part {n}\n" for n in range(200)), "200 different splits"),
        ("path,label\n", "no rows"),
        ("", "empty or no text"),
    ],
)  # fmt: skip
def test_an_odd_table_gets_one_sentence(folders: Path, text: str, words: str) -> None:
    (folders / "set.csv").write_text(text)
    try:
        open_dataset(folders / "set.csv", reader="csv")
    except UserError as error:
        import re

        assert re.search(words, str(error)) and len(str(error).splitlines()) == 1 and len(str(error)) < 500
    else:
        assert words in ("", "none of 0 to 7|--3")  # words are names of classes


def test_a_line_without_an_end_is_not_read_to_its_end(folders: Path) -> None:
    with (folders / "zeros.csv").open("wb") as file:
        file.write(b"label,pixels\n")
        file.truncate(2 << 30)  # sparse: it takes no room
    with pytest.raises(UserError, match="more than 8 MB"):
        open_dataset(folders / "zeros.csv", reader="csv")
    assert sum(map(len, next(blocks_of(folders / "zeros.csv")))) < LONGEST_LINE


def test_labels_with_a_decimal_point_are_numbers(folders: Path) -> None:
    (folders / "set.csv").write_text(f"label,pixels\n3.0,{PIXELS}\n4.0,{PIXELS}\n")
    assert open_dataset(folders / "set.csv", reader="csv").classes == ("happy", "sad")


def test_a_link_to_the_folder_above_is_not_followed(folders: Path) -> None:
    faces(folders / "set")
    (folders / "set" / "happy" / "up").symlink_to("..")
    assert len(image_files(folders / "set")) == 6
    assert files_below(folders / "none") == []


@pytest.mark.parametrize("name", ["pipe", "zeros", "folder"])
def test_special_files_are_no_images(folders: Path, name: str) -> None:
    os.mkfifo(folders / "pipe")
    (folders / "zeros").symlink_to("/dev/zero")
    (folders / "folder").mkdir()
    with pytest.raises(UserError, match=r"regular file|is a folder"):
        read_image(folders / name)


@pytest.mark.parametrize("path", ["/etc/hostname", "../../../secret.png", "link/secret.png"])
def test_a_table_of_an_upload_reads_nothing_outside_it(folders: Path, path: str) -> None:
    upload = folders.parent / "cache" / "uploads" / "abc" / "set"
    faces(upload)
    (folders.parent / "secret.png").write_bytes(encode_png(np.zeros((16, 16), np.uint8)))
    (upload / "link").symlink_to(folders.parent)
    (upload / "table.csv").write_text(f"path,label\nhappy/0.png,happy\n{path},sad\n")
    with pytest.raises(UserError, match=r"line 3: .* outside the uploaded archive"):
        open_dataset(upload / "table.csv", reader="csv")
    (upload / "table.csv").write_text("path,label\nhappy/0.png,happy\nsad/../sad/0.png,sad\n")
    assert len(open_dataset(upload / "table.csv", reader="csv")) == 2


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_STORED])
def test_a_zip_with_flipped_bytes_gets_one_sentence(tmp_path: Path, method: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("happy/1.png", bytes(range(256)) * 20)
    whole, rng = buffer.getvalue(), np.random.default_rng(method)
    for number in range(60):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(whole), 1 + number % 4):
            damaged[at] ^= 1 << int(rng.integers(8))
        try:
            extract_zip(bytes(damaged), tmp_path / str(number), max_bytes=100_000)
        except UserError as error:
            assert not (tmp_path / str(number)).exists() and len(str(error)) < 300
    assert lzma  # one of the decompressors that raise an error of their own


def test_a_zip_with_a_long_name_is_refused_by_name(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a" * 300, b"x")
    with pytest.raises(UserError, match="too long"):
        extract_zip(buffer.getvalue(), tmp_path / "out")


def test_odd_paths_get_one_sentence(folders: Path) -> None:
    for path in ("a" * 300, "~nobody-here/x", "a\0b", "/dev/zero", "loop"):
        with pytest.raises(UserError):
            open_dataset(path)


def test_a_table_with_quoted_cells(folders: Path) -> None:
    (folders / "t.csv").write_text('path;label\n"a;b.png";"happy"\n\n"two\nlines";sad\n')
    table = read_table(folders / "t.csv")
    assert table.rows == [["a;b.png", "happy"], ["two\nlines", "sad"]] and table.lines == [2, 5]
