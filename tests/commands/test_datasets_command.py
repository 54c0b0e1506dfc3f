"""``fer datasets``: every readable set with where to ask for it, its terms, its layout, and whether it is here."""

import json
from pathlib import Path

import pytest

from fer_models import darwin
from fer_models.cli import main
from fer_models.data import READERS


def test_every_set_is_listed_and_found_ones_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FER_DATA", str(tmp_path))
    line = "0,{},PublicTest\n".format(" ".join(["7"] * 2304))
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "fer2013.csv").write_text("emotion,pixels,Usage\n" + line)
    (tmp_path / "darwin").mkdir()
    (tmp_path / "darwin" / "plate-2.jpg").write_bytes(b"")
    assert main(["datasets"]) == 0
    text = capsys.readouterr().out
    for _, reader in READERS.items():
        for words in (reader.info.title, reader.info.where, reader.info.terms, reader.info.layout):
            assert words in text
    assert f"found: faces ({tmp_path / 'faces'})" in text and text.count("not found") >= len(READERS) - 2
    assert str(tmp_path) in text and f"1 of {len(darwin.PLATES)} found" in text
    assert main(["datasets", "--json"]) == 0
    listed = {row["key"]: row for row in json.loads(capsys.readouterr().out)}
    assert set(listed) == set(READERS) and listed["fer2013"]["found"] == [["faces", str(tmp_path / "faces")]]


def test_the_plates_are_fetched_or_the_reason_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(darwin.get_plates, "__defaults__", ("http://127.0.0.1:9/",))
    assert main(["datasets", "get", "darwin"]) == 2
    assert "could not be downloaded" in capsys.readouterr().err
