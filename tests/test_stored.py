"""Files of the workbench that are damaged: read by one function, named with the reason, and never in the way."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from fer_models import files
from fer_models.arrays import read_arrays
from fer_models.checkpoint import read_checkpoint
from fer_models.data.catalogue import known_datasets
from fer_models.errors import UserError
from fer_models.settings import DamagedError, parse_stored, read_stored, stored_or_none
from fer_models.training.history import read_history
from fer_models.training.recipe import Recipe
from fer_models.training.runs.run import Run, create_run, list_runs
from fer_models.training.study.study import create_study, damaged_studies, list_studies

#: Contents that no file of ours has, whatever it should hold.
DAMAGED = {
    "empty": b"",
    "list of an empty object": b"[{}]",
    "list": b"[]",
    "null": b"null",
    "number": b"3",
    "cut": b'{"format": 1, "netw',
    "nested": b"[" * 100_000,
    "long number": b'{"format": ' + b"9" * 5000 + b"}",
    "no text": b"\xff\xfe\x00",
    "half a character": b'{"state": "\\ud800"}',
}


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("FER_RUNS", "FER_CACHE", "FER_CHECKPOINTS", "FER_DATA"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
        (tmp_path / name.lower()).mkdir()
    return tmp_path


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_status_makes_one_run_lost_and_hinders_no_other(folders: Path, content: bytes) -> None:
    damaged, other = create_run(Recipe()), create_run(Recipe())
    (damaged.folder / "status.json").write_bytes(content)
    assert {run.id: run.status().state for run in list_runs()} == {damaged.id: "lost", other.id: "queued"}
    assert create_run(Recipe()).status().state == "queued"
    assert damaged.write_status(message="again").message == "again"


@pytest.mark.parametrize(
    "values",
    [{"epoch": -1}, {"epoch": 10**400}, {"created": 1e300}, {"state": "gone"}, {"epochs": "3"}, {"best_value": []}],
)
def test_a_status_with_an_impossible_value_is_not_believed(folders: Path, values: dict[str, object]) -> None:
    run = create_run(Recipe())
    (run.folder / "status.json").write_text(json.dumps({"state": "finished"} | values))
    assert run.status().state == "lost"


@pytest.mark.parametrize("name", ["metrics.json", "config.json"])
@pytest.mark.parametrize("content", [c for k, c in DAMAGED.items() if k != "list"])
def test_a_damaged_file_of_a_checkpoint_is_named_with_what_to_do(tmp_path: Path, name: str, content: bytes) -> None:
    folder = copied(tmp_path)
    (folder / name).write_bytes(content)
    with pytest.raises(UserError, match=rf"{name} of one is damaged .*copy the checkpoint folder again"):
        read_checkpoint(folder)


@pytest.mark.parametrize(
    ("name", "value"),
    [("network", None), ("classes", ["one"]), ("options", []), ("provenance", []), ("provenance", {"recipe": 3}),
     ("preprocess", {"size": 1e9}), ("in_channels", 10**400), ("format", 2)],
)  # fmt: skip
def test_a_configuration_with_an_impossible_value_is_named(tmp_path: Path, name: str, value: object) -> None:
    folder = copied(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {name: value}))
    with pytest.raises(UserError, match="is damaged"):
        read_checkpoint(folder)


def test_a_figure_without_a_value_is_no_accuracy(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "metrics.json").write_text('[{"metric": "accuracy", "value": null}]')
    assert read_checkpoint(folder).accuracy() is None


def test_damaged_studies_are_listed_apart(folders: Path) -> None:
    study = create_study(Recipe())
    for number, content in enumerate(DAMAGED.values()):
        (study.file.parent / f"damaged-{number}.json").write_bytes(content)
    assert [each.id for each in list_studies()] == [study.id]
    damaged = damaged_studies()
    assert len(damaged) == len(DAMAGED) and all("is damaged" in s and "delete its file" in s for s in damaged.values())


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_list_of_added_sets_is_an_empty_one(folders: Path, content: bytes) -> None:
    (folders / "fer_cache" / "datasets.json").write_bytes(content)
    assert [entry.name for entry in known_datasets()] == ["synthetic"]


def test_damaged_epochs_are_left_out(tmp_path: Path) -> None:
    lines = [b'{"epoch": 1, "val_loss": NaN}', b'{"val_loss": 1}', b'{"epoch": 2, "val_loss": "x"}', *DAMAGED.values()]
    (tmp_path / "metrics.jsonl").write_bytes(b"\n".join([*lines, b'{"epoch": 3, "lr": 0.1}']))
    assert [row["epoch"] for row in read_history(tmp_path / "metrics.jsonl")] == [1, 3]
    assert read_history(tmp_path / "none.jsonl") == []


def test_reasons_name_the_place() -> None:
    for text, words in (("[1, true]", "entry 2 should be a valid integer"), ("3", "its content should be a valid")):
        with pytest.raises(ValueError, match=words):
            parse_stored(text, list[int])
    assert parse_stored("\ufeff[1]", list[int]) == [1]


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zeros").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "large").write_bytes(b" " * 2000)
    for name, words in (
        ("pipe", "named pipe"),
        ("zeros", "device"),
        ("loop", "symbolic"),
        ("", "folder"),
        ("no", "No"),
    ):
        with pytest.raises(OSError, match=words):
            files.read_regular(tmp_path / name)
        with pytest.raises(DamagedError, match=words):
            read_stored(tmp_path / name, list[int], remedy="delete it")
        with pytest.raises(ValueError, match="missing or damaged"):
            read_arrays(tmp_path / name)
        assert stored_or_none(tmp_path / name, list[int]) is None
    with pytest.raises(OSError, match=r"larger than 0\.001 MB"):
        files.read_regular(tmp_path / "large", 1000)
    with pytest.raises(OSError, match="null byte"):
        files.read_regular("a\0b")


def test_a_status_holds_no_value_that_json_lacks(folders: Path) -> None:
    run = create_run(Recipe())
    run.write_status(best_value=float("nan"), seconds_left=float("inf"))
    json.loads((run.folder / "status.json").read_text(), parse_constant=pytest.fail)
    assert Run(run.folder).status().best_value is None


def copied(tmp_path: Path) -> Path:
    """The smallest checkpoint folder whose JSON files are read; its weights are not."""
    import shutil

    source = Path(__file__).parents[1] / "checkpoints" / "fcsdnet-synthetic"
    return Path(shutil.copytree(source, tmp_path / "one"))
