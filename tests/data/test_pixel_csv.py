"""Fast reading of tables with a picture a row."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer_models.data.pixel_csv import _parse, read_header, read_pixel_csv
from fer_models.errors import UserError


def test_numbers_of_every_length_are_read() -> None:
    values = _parse(" ".join(str(v) for v in range(256)).encode())
    assert values is not None
    np.testing.assert_array_equal(values, np.arange(256))


@pytest.mark.parametrize("text", [b"1 256", b"300", b"1 2 1000", b"1,2", b"-1", b"1.5", b"a", b"0255"])
def test_other_numbers_are_refused(text: bytes) -> None:
    assert _parse(text) is None


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_columns_in_any_order_with_quotes_spaces_and_blank_lines(tmp_path: Path, ending: str) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 10, 10), dtype=np.uint8)
    texts = [" ".join(map(str, image.ravel())) for image in images]
    lines = [
        ' emotion, "Usage", pixels',
        f'0,Training,"{texts[0]}"',
        "",
        f"1, Public Test , {texts[1].replace(' ', '  ', 3)}",
        f'2,"a, b",{texts[2]}',
    ]
    path = tmp_path / "t.csv"
    path.write_bytes(("\ufeff" + ending.join(lines)).encode())
    table = read_pixel_csv(path, required=("emotion",))
    np.testing.assert_array_equal(table.images, images)
    assert table.columns == {"emotion": ["0", "1", "2"], "usage": ["Training", "Public Test", "a, b"]}
    assert table.lines.tolist() == [2, 4, 5]


def test_a_quote_without_a_delimiter_inside_and_one_with_it(tmp_path: Path) -> None:
    """A quoted cell is bare, doubled quotes are one quote, and a delimiter inside of quotes ends no cell."""
    pixels = "7 " * 64
    for cell, expected in (('"a"', "a"), ('"a,b"', "a,b"), ('"a, ""b"""', 'a, "b'), ("a", "a")):
        path = tmp_path / "t.csv"
        path.write_text(f'usage,pixels\n{cell},"{pixels}"\n{cell},{pixels}\n', encoding="utf-8")
        table = read_pixel_csv(path)
        assert [text.rstrip('"') for text in table.columns["usage"]] == [expected.rstrip('"')] * 2


def test_chunks_of_any_length_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(1).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    path = tmp_path / "t.csv"
    path.write_text("pixels\n" + "\n".join(" ".join(map(str, image.ravel())) for image in images))
    monkeypatch.setattr("fer_models.data.csv_file._PIECE", 97)
    np.testing.assert_array_equal(read_pixel_csv(path).images, images)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("emotion,usage\n0,Training\n", "no column 'pixels'"),
        ("pixels,emotion\n", "no rows"),
        ("pixels,emotion\n" + "0 " * 64 + ",1\n" + "0 " * 63 + ",1\n", "line 3: 63 pixels instead of 64"),
        ("pixels,emotion\n" + "0 " * 63 + ",1\n", "line 2: 63 pixels do not make a square"),
        ("pixels,emotion\n" + "0 " * 64 + ",1\n" + "0 " * 64 + "\n", "line 3: 1 columns instead of 2"),
        ("pixels,emotion\n" + "0 " * 64 + ",1\n" + "0 " * 63 + "256,1\n", "line 3: pixels must be 64 whole numbers"),
        ("pixels,emotion\n" + "0 " * 63 + "x,1\n", "line 2: pixels must be 64 whole numbers"),
    ],
)
def test_damaged_tables_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_pixel_csv(path)


def test_a_file_that_is_no_text_has_no_header(tmp_path: Path, save: Callable[[Path, np.ndarray], None]) -> None:
    save(tmp_path / "x.png", np.zeros((8, 8, 1), np.uint8))
    assert read_header(tmp_path / "x.png") == []
    with pytest.raises(UserError, match="cannot be opened"):
        read_header(tmp_path / "nothing.csv")
