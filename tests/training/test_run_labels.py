"""Runs are named, hidden and deleted, from the command line too."""

import json
import os

import pytest

from fer_models.cli import main
from fer_models.errors import UserError
from fer_models.storage import locked
from fer_models.system import start_ticks
from fer_models.training.recipe import Recipe
from fer_models.training.runs.labels import Label, delete, hide, label_of, set_title
from fer_models.training.runs.run import create_run, list_runs


@pytest.fixture
def run():
    made = create_run(Recipe(epochs=2))
    made.write_status(state="finished", epoch=2)
    return made


def test_a_name_and_hiding_are_kept_and_taken_back(run):
    assert label_of(run) == Label()
    set_title(run, "  slow learner ")
    hide(run)
    assert label_of(run) == Label("slow learner", hidden=True)
    hide(run, hidden=False)
    set_title(run, "")
    assert label_of(run) == Label()
    assert run.status().state == "finished"


@pytest.mark.parametrize("title", ["x" * 81, "two\nlines", "bell\a"])
def test_a_name_is_one_short_line(run, title):
    set_title(run, "x" * 80)
    assert label_of(run).title == "x" * 80
    with pytest.raises(UserError, match="at most 80 characters"):
        set_title(run, title)


@pytest.mark.parametrize("text", ["{", "[]", '{"title": 3}', "null"])
def test_a_damaged_label_is_none(run, text):
    (run.folder / "label.json").write_text(text, encoding="utf-8")
    assert label_of(run) == Label()


def test_a_deleted_run_is_gone_and_leaves_nothing(run):
    (run.folder / "checkpoints" / "best").mkdir(parents=True)
    delete(run)
    assert list_runs() == []
    assert not [p for p in run.folder.parent.iterdir() if "deleted" in p.name or p.name == run.id]


def test_a_run_at_work_is_not_deleted(run):
    run.write_status(state="running", pid=os.getpid(), pid_started=start_ticks(os.getpid()))
    with pytest.raises(UserError, match="is running; cancel it first"):
        delete(run)
    run.write_status(state="finished")
    with locked(run.folder / ".worker.lock"), pytest.raises(UserError, match="still working on the run"):
        delete(run)
    assert len(list_runs()) == 1


def test_the_command_renames_hides_shows_and_deletes(run, capsys, monkeypatch):
    assert main(["runs", "rename", run.id, "slow learner"]) == 0
    assert main(["runs", "hide", run.id]) == 0
    assert main(["runs"]) == 0
    assert run.id not in capsys.readouterr().out
    assert main(["runs", "--all"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("slow learner  hidden")
    assert main(["runs", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["title"], row["hidden"]) == ("slow learner", True)
    assert main(["runs", "show", run.id]) == 0
    assert main(["runs"]) == 0
    assert run.id in capsys.readouterr().out

    assert main(["runs", "delete", run.id]) == 2
    assert "add --yes" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert main(["runs", "delete", run.id]) == 1
    assert len(list_runs()) == 1
    monkeypatch.setattr("builtins.input", lambda question: "y")
    assert main(["runs", "delete", run.id]) == 0
    assert list_runs() == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["hide"], "Name the run to hide"),
        (["rename", "RUN"], "Only rename takes a name"),
        (["hide", "RUN", "title"], "Only rename takes a name"),
        (["hide", "nowhere"], "There is no run 'nowhere'"),
    ],
)
def test_half_a_command_gets_a_sentence(run, arguments, sentence, capsys):
    assert main(["runs", *[run.id if word == "RUN" else word for word in arguments]]) == 2
    assert sentence in capsys.readouterr().err
