"""A data set that cannot be read: never the default, marked in every list, and with ways out on every page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from app_driver import open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.data import DatasetEntry
from workbench.app import datasets, inventory
from workbench.app.datasets import UnreadableError

#: Pages that open the chosen data set at once.
OPENING = ("confusion", "clusters", "misclassifications", "heatmaps")


def write_csv(folder: Path, *, whole: bool) -> Path:
    """FER2013 with three faces a class in each part; a damaged one ends within a face."""
    random = np.random.default_rng(0)
    folder.mkdir()
    lines = ["emotion,pixels,Usage"]
    for usage in ("Training", "PublicTest"):
        for emotion in range(21):
            pixels = " ".join(map(str, random.integers(0, 256, 48 * 48)))
            lines.append(f"{emotion % 7},{pixels},{usage}")
    text = "\n".join(lines) + "\n"
    (folder / "fer2013.csv").write_text(text if whole else text[: len(text) // 2])
    return folder / "fer2013.csv"


@pytest.fixture
def damaged(folders: Path) -> Path:
    """A damaged copy, which comes first in the list, beside a whole one."""
    write_csv(folders / "data" / "fer2013", whole=True)
    return write_csv(folders / "data" / "a-copy", whole=False)


def entry(name: str) -> DatasetEntry:
    found = datasets.find(name)
    assert found is not None
    return found


def sentences(boxes: Iterable[Any]) -> list[str]:
    """What the boxes say, without the marks that keep Markdown from reading names."""
    return [box.value.replace("\\", "") for box in boxes]


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception


@pytest.mark.parametrize("page", OPENING)
def test_the_default_is_a_whole_copy(app: AppTest, checkpoint: Checkpoint, damaged: Path, page: str) -> None:
    open_page(app, page)
    assert not app.error, app.error
    data = app.selectbox(key="shared.data")
    assert data.value == "fer2013"
    assert "Unreadable: FER2013 (a-copy)" in data.options and "FER2013 (fer2013)" in data.options
    (warning,) = (text for text in sentences(app.warning) if "a-copy" in text)
    assert "the file may be cut off" in warning and warning.endswith("Shown instead: FER2013 (fer2013).")


def test_a_known_damaged_copy_is_passed_over_in_silence(app: AppTest, checkpoint: Checkpoint, damaged: Path) -> None:
    with pytest.raises(UnreadableError, match=r"FER2013 \(a-copy\) cannot be read: fer2013.csv"):
        datasets.opened("a-copy")
    assert datasets.default_name() == "fer2013"
    open_page(app, "confusion")
    assert app.selectbox(key="shared.data").value == "fer2013" and not app.error
    assert not [text for text in sentences(app.warning) if "a-copy" in text]


def test_without_a_whole_one_the_built_in_faces_are_the_default(folders: Path) -> None:
    write_csv(folders / "data" / "fer2013", whole=False)
    assert datasets.default_name() == "fer2013", "not read yet"
    with pytest.raises(UnreadableError):
        datasets.opened("fer2013")
    assert datasets.default_name() == "synthetic"


@pytest.mark.parametrize("page", OPENING)
def test_a_chosen_one_gives_the_reason_and_the_ways_out(
    app: AppTest, checkpoint: Checkpoint, damaged: Path, page: str
) -> None:
    open_page(app, page, data="a-copy")
    (error,) = sentences(app.error)
    assert error.startswith("FER2013 (a-copy) cannot be read: fer2013.csv, line ")
    assert app.selectbox(key="shared.checkpoint").value == "fresh", "the rest of the head is drawn"
    assert {"Use FER2013 (fer2013)", "Try again", "Hide in all lists"} <= {button.label for button in app.button}
    press(app, "Use FER2013 (fer2013)")
    assert app.selectbox(key="shared.data").value == "fer2013" and not app.error


def test_one_of_the_data_folder_is_hidden_and_shown_again(app: AppTest, damaged: Path) -> None:
    open_page(app, "datasets", data="a-copy", section="All sets")
    wait_for(app, "Hide in all lists")
    assert any("cannot be read" in text for text in sentences(app.error))
    press(app, "Hide in all lists")
    assert [item.name for item in inventory.data_sets()] == ["synthetic", "fer2013"] and damaged.exists()
    assert app.selectbox(key="shared.data").value == "fer2013"
    assert "a-copy" not in app.selectbox(key="shared.data").options
    wait_for(app, "Show FER2013 (a-copy) again")
    press(app, "Show FER2013 (a-copy) again")
    assert "a-copy" in [item.name for item in inventory.data_sets()]


def test_an_added_one_is_removed(app: AppTest, folders: Path, tmp_path: Path) -> None:
    table = write_csv(tmp_path / "mine", whole=False)
    datasets.add_path("mine", str(table))
    open_page(app, "datasets", data="mine")
    wait_for(app, "Remove from the list")
    press(app, "Remove from the list")
    assert datasets.find("mine") is None and table.exists() and app.selectbox(key="shared.data").value == "synthetic"


def test_it_is_read_once_and_again_when_its_file_changes(damaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    opening = datasets.open_dataset
    monkeypatch.setattr(datasets, "open_dataset", lambda name, **more: read.append(name) or opening(name, **more))
    for _ in range(3):
        with pytest.raises(UnreadableError):
            datasets.opened("a-copy")
    assert read == ["a-copy"]
    job = datasets.read(entry("a-copy"))
    assert job.wait(120) and job.state == "failed" and datasets.read(entry("a-copy")) is job
    damaged.unlink()
    damaged.parent.rmdir()
    write_csv(damaged.parent, whole=True)
    assert datasets.problem(entry("a-copy")) == "" and datasets.listed("a-copy", "x") == "x (a-copy)"
    assert len(datasets.opened("a-copy")) == 42


def test_train_says_why(app: AppTest, damaged: Path) -> None:
    with pytest.raises(UnreadableError):
        datasets.opened("a-copy")
    open_page(app, "train", data="a-copy")
    (error,) = sentences(app.error)
    assert error.startswith("FER2013 (a-copy) cannot be read")


def test_home_says_why(app: AppTest, checkpoint: Checkpoint, damaged: Path) -> None:
    with pytest.raises(UnreadableError):
        datasets.opened("a-copy")
    open_page(app, "home")
    assert "the file may be cut off" in words(app)


def wait_for(app: AppTest, label: str) -> None:
    """Run the page again until a background job has ended and the button is there."""
    for _ in range(100):
        if any(button.label == label for button in app.button):
            return
        app.run()
    raise AssertionError(f"no button {label!r}: {[button.label for button in app.button]}")
