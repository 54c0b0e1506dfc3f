"""Copies of one face in its data set: identical, near and mirrored ones, with labels and splits; and on the page."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from app_driver import open_page, words
from evidence_maker import cache_answers, write_faces
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.data import open_dataset
from fer_models.data.leaks import copies
from fer_models.data.leaks.duplicates import find_duplicates


def planted(folders: Path) -> tuple[Path, list[Path]]:
    """A picture of the test split called sad, and copies of it in training: identical, brighter, mirrored."""
    write_faces(folders)
    base = folders / "data" / "small"
    original = sorted((base / "test" / "sad").glob("*.png"))[0]
    pixels = np.asarray(Image.open(original))
    made = []
    for kind, copy in (
        ("happy", pixels),
        ("sad", (pixels // 2 + 60).astype(np.uint8)),
        ("sad", pixels[:, ::-1]),
    ):
        made.append(base / "train" / kind / f"copy{len(made)}.png")
        Image.fromarray(copy).save(made[-1])
    return original, made


def test_every_copy_is_found_with_label_and_split(folders: Path) -> None:
    original, made = planted(folders)
    dataset = open_dataset("small")
    named = [str(name) for name in dataset.columns["file"]]
    position = named.index(original.relative_to(folders / "data" / "small").as_posix())
    frequencies = copies.low_frequencies(dataset)
    matches = copies.copies(dataset, position, frequencies)
    assert [copy.kind for copy in matches] == ["identical", "mirrored", "near"]
    assert {named[copy.position] for copy in matches} == {
        p.relative_to(folders / "data" / "small").as_posix() for p in made
    }
    first = matches[0]
    assert (first.emotion, first.other_label, first.split) == ("happy", True, "train") and first.cosine > 0.999
    assert [copy.other_label for copy in matches[1:]] == [False, False]
    assert copies.sentence(matches, "test") == (
        "3 copies of this face in the set, 1 with another label, 3 in another split than test."
    )
    alone = next(p for p in range(len(dataset)) if p not in {position, *(copy.position for copy in matches)})
    assert copies.copies(dataset, alone, frequencies) == [] and "No other image" in copies.sentence([], "test")


def test_it_agrees_with_the_audit(folders: Path) -> None:
    planted(folders)
    dataset = open_dataset("small")
    groups = find_duplicates(np.asarray(dataset.images)).near_labels()
    frequencies = copies.low_frequencies(dataset)
    for position in range(len(dataset)):
        positions = {copy.position for copy in copies.copies(dataset, position, frequencies)}
        assert positions == set(np.flatnonzero(groups == groups[position]).tolist()) - {position}


def test_an_even_surface_is_a_copy_of_nothing(folders: Path) -> None:
    dataset = write_faces(folders)
    images = np.asarray(dataset.images).copy()
    images[:3] = 90
    even = dataclasses.replace(dataset, images=images)
    assert copies.copies(even, 0, copies.low_frequencies(even)) == []


def test_the_page_shows_the_copies(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    planted(folders)
    cache_answers(open_dataset("small"), checkpoint)
    open_page(app, "misclassifications", data="small")
    assert not app.error, words(app)
    text = words(app)
    assert "3 copies of this face in the set, 1 with another label" in text
    assert "happy (another label)" in text and "mirrored" in text
