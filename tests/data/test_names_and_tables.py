"""Names of sets that are taken, and tables that need a second file."""

from __future__ import annotations

from pathlib import Path

import pytest

from fer_models.data import catalogue
from fer_models.data.catalogue import DatasetEntry
from fer_models.data.readers.fer2013 import fer2013_file


def test_sets_of_one_name_are_counted_from_two(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = DatasetEntry("faces", "Faces", "here", "folder")
    monkeypatch.setattr(catalogue, "_candidates", lambda folder: range(3))
    monkeypatch.setattr(catalogue, "_entries", lambda path: [entry])
    monkeypatch.setattr(catalogue, "_added", dict)
    assert [each.name for each in catalogue.known_datasets()][1:] == ["faces", "faces-2", "faces-3"]


def test_sheets_need_their_labels_and_labels_their_sheets(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").touch()
    assert fer2013_file(tmp_path) is None
    (tmp_path / "sheet_0.png").touch()
    assert fer2013_file(tmp_path) == tmp_path / "labels.csv"
    (tmp_path / "labels.csv").unlink()
    assert fer2013_file(tmp_path) is None
