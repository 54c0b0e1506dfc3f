"""What commands print and refuse, by hand: their numbers, and what was given together; nothing is computed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fer_models.commands import (
    checkpoints,
    embed,
    ensemble,
    import_network,
    migrate,
    models,
    predict,
    runs,
    sequence,
    train,
)
from fer_models.commands import study as command
from fer_models.errors import UserError
from fer_models.training.recipe import Recipe
from fer_models.training.runs.status import Status
from fer_models.training.study.statistics import Difference, Spread
from fer_models.training.study.tables import AblationRow, FoldRow

STUDY: dict[str, Any] = {
    "recipe": None, "data": None, "reader": None, "set": [], "folds": None, "by": "random", "seeds": 1, "grid": [],
    "random": 0, "on": "local", "cpus": None, "gpus": None, "resume": None, "cancel": None, "show": None,
    "detach": False, "json": False,
}  # fmt: skip


def given(defaults: dict[str, Any], **changes: Any) -> argparse.Namespace:
    return argparse.Namespace(**defaults | changes)


@pytest.mark.parametrize("one", [{"data": "x"}, {"set": ["a=1"]}, {"folds": "5"}, {"grid": ["a=1"]}])
def test_a_study_of_nothing_is_refused_and_alone_it_lists(monkeypatch, capsys, one: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="name what to train"):
        command.run(given(STUDY, **one))
    monkeypatch.setattr(command, "list_studies", list)
    monkeypatch.setattr(command, "damaged_studies", lambda: {"a": "One is damaged."})
    assert command.run(given(STUDY)) == 0 and capsys.readouterr().out == "One is damaged.\n"
    begun: list[str] = []
    monkeypatch.setattr(command, "find_study", lambda name: SimpleNamespace(id=name))
    monkeypatch.setattr(command, "start_study", lambda study: begun.append(study.id))
    assert command.run(given(STUDY, resume="old", detach=True, **one)) == 0 and begun == ["old"]


def made(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> dict[str, Any]:
    """What a study is created with."""
    seen: dict[str, Any] = {}
    monkeypatch.setattr(command, "_check_data", lambda recipe, settings, folds: None)
    monkeypatch.setattr(command, "create_study", lambda recipe, **rest: seen.update(rest, recipe=recipe))
    command._create(given(STUDY, **{"recipe": "fcsdnet-fer2013", "set": ["seed=3", "fold=2"]} | changes))
    return seen


def test_a_study_is_made_of_folds_seeds_and_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from fer_models.training.recipe import list_presets

    preset = next(iter(list_presets()))
    seen = made(monkeypatch, recipe=preset, seeds=2, grid=["lr=0.1,0.2"], cpus=1.0)
    assert list(seen["folds"]) == [2] and list(seen["seeds"]) == [3, 4] and seen["resources"] == {"cpus": 1.0}
    assert seen["settings"] == [{"lr": 0.1}, {"lr": 0.2}] and seen["place"] == "local"
    seen = made(monkeypatch, recipe=preset, folds="2/5", by="subject")
    assert list(seen["folds"]) == [0, 1] and seen["recipe"].fold == 0 and list(seen["seeds"]) == [3]
    file = tmp_path / "recipe"
    file.write_text(json.dumps(Recipe(epochs=7).to_dict()))
    assert made(monkeypatch, recipe=str(file))["recipe"].epochs == 7
    file.rename(tmp_path / "recipe.json")
    with pytest.raises(UserError, match="gone"):
        made(monkeypatch, recipe=str(tmp_path / "gone.json"))
    for wrong, said in (
        ({"seeds": 0}, "--seeds is 1 or more, not 0"),
        ({"by": "subject"}, "--by needs --folds"),
        ({"on": "moon"}, "'moon'"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=said):
            made(monkeypatch, recipe=preset, **wrong)
    assert command._checked_place("local") == "local"


@pytest.mark.parametrize(
    ("subjects", "protocol", "folds", "said"),
    [
        (True, "folds5", 2, True),
        (True, "folds5", 1, False),
        (False, "folds5", 2, False),
        (True, "by-subject", 2, False),
    ],
)
def test_subjects_on_both_sides_are_told(monkeypatch, capsys, subjects, protocol, folds, said) -> None:
    from fer_models import data

    plain = {"folds5": SimpleNamespace(by_subject=False), "by-subject": SimpleNamespace(by_subject=True)}
    split = SimpleNamespace(crossing=lambda dataset: SimpleNamespace(subjects=range(7)))
    asked: list[int] = []
    monkeypatch.setattr(data, "PROTOCOLS", plain)
    dataset = SimpleNamespace(subjects=[] if subjects else None, name="d")
    monkeypatch.setattr(data, "open_dataset", lambda *_, progress: dataset)
    monkeypatch.setattr(data, "make_split", lambda *_, fold, seed: (asked.append(fold), split)[1])
    recipe: Any = SimpleNamespace(data="d", protocol=protocol, seed=0)
    command._check_data(recipe, [{}], range(folds))
    assert asked == [folds - 1]
    assert ("d: 7 subjects are both in training and in held-out images" in capsys.readouterr().err) is said


def test_tables_of_a_study(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    whole = Spread(mean=0.65, deviation=0.05, n=2, low=0.6, high=0.7)
    fold_rows = [
        FoldRow({"lr": 0.1}, 0, (0.6, 0.7), whole),
        FoldRow({"lr": 0.25}, 1, (0.61, None), Spread(mean=0.61, deviation=None, n=1, low=None, high=None)),
        FoldRow({"lr": 0.3}, 1, (None, None), None),
    ]
    ablation = [
        AblationRow({"lr": 0.1}, whole, 2, None, None, "compared with"),
        AblationRow(
            {"lr": 0.25},
            Spread(mean=0.61, deviation=None, n=1, low=None, high=0.7),
            1,
            Difference(1, 0.1, True),
            None,
            "ok",
        ),
        AblationRow({"lr": 0.3}, None, 0, None, None, "waits for runs"),
    ]
    monkeypatch.setattr(command, "results_of", lambda study: [])
    monkeypatch.setattr(command, "fold_table", lambda *_: fold_rows)
    monkeypatch.setattr(command, "ablation_table", lambda *_: ablation)
    command._tables(None, False)  # type: ignore[arg-type]
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"{'accuracy, %':<9}{'seed':>5}{'R#1':>8}{'R#2':>8}{'Average':>9}{'sd':>7}",
        f"{'lr 0.1':<9}    0   60.00   70.00    65.00   5.00",
        f"{'lr 0.25':<9}    1   61.00       -    61.00",
        f"{'lr 0.3':<9}    1       -       -        -",
        "lr 0.1: 65.00 % [60.00, 70.00], 2 runs",
        "lr 0.25: 61.00 %, 1 runs · ok",
        "lr 0.3: waits for runs",
    ]
    fold_rows[:] = [FoldRow({}, 0, (0.6,), whole)]
    command._tables(None, False)  # type: ignore[arg-type]
    assert capsys.readouterr().out.startswith("lr 0.1:"), "one fold has no table of folds"


def test_progress_of_a_study_stays_below_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[float] = []
    states = iter(
        [SimpleNamespace(counts={"finished": n}, total=4, active=True, complete=n == 4, word="") for n in (1, 3, 4)]
    )
    monkeypatch.setattr(command, "find_study", lambda name: SimpleNamespace(id=name))
    monkeypatch.setattr(command, "state_of", lambda study: next(states))
    monkeypatch.setattr(command, "results_of", lambda study: [])
    monkeypatch.setattr(command, "show_progress", lambda done, word: shown.append(done))
    monkeypatch.setattr(command.time, "sleep", lambda seconds: None)
    assert command._follow(SimpleNamespace(id="s")) == 0 and shown == [0.25, 0.75]  # type: ignore[arg-type]


TRAIN: dict[str, Any] = {
    "recipe": None, "preset": None, "data": None, "reader": None, "set": [], "show": False, "json_schema": False,
    "detach": True, "processes": 1, "prepare": False,
}  # fmt: skip


def test_training_wants_a_recipe_and_so_many_processes(monkeypatch: pytest.MonkeyPatch, capsys, tmp_path: Path) -> None:
    started: list[tuple[Recipe, int]] = []
    monkeypatch.setattr(train, "launch", lambda *given: (started.append(given), SimpleNamespace(folder="f"))[1])
    with pytest.raises(UserError, match="name what to train"):
        train.run(given(TRAIN))
    for processes in (1, 64):
        assert train.run(given(TRAIN, set=["epochs=3"], processes=processes)) == 0
    for processes in (0, 65):
        with pytest.raises(UserError, match="between 1 and 64"):
            train.run(given(TRAIN, set=["epochs=3"], processes=processes))
    assert [(recipe.epochs, count) for recipe, count in started] == [(3, 1), (3, 64)]
    from fer_models.training.recipe import list_presets, load_preset

    preset = next(iter(list_presets()))
    capsys.readouterr()
    for options in ({"recipe": preset}, {"preset": preset}):
        assert train.run(given(TRAIN, show=True, **options)) == 0
        assert json.loads(capsys.readouterr().out).keys() == {*load_preset(preset).to_dict(), "_origin"}
    monkeypatch.chdir(tmp_path)
    (tmp_path / preset).write_text(json.dumps(Recipe(epochs=9).to_dict()))
    train.run(given(TRAIN, recipe=preset, show=True))
    assert json.loads(capsys.readouterr().out)["epochs"] == 9, "a file of that name goes first"
    for options, keys in (({"show": True}, {"recipe", "schema"}), ({}, None)):
        train.run(given(TRAIN, json_schema=True, **options))
        found = json.loads(capsys.readouterr().out)
        assert found.keys() == keys if keys else "properties" in found or "$defs" in found


def test_a_run_is_followed_to_its_end(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    line = {"epoch": 1, "train_loss": 1.5, "val_loss": 1.25, "val_accuracy": 0.5}
    statuses = iter([
        Status("running", epoch=1, epochs=2, seconds_left=150.0), Status("running", "Nearly.", epoch=2, epochs=2),
        Status("finished", "Done.", epoch=2, epochs=2),
    ])  # fmt: skip
    rows = iter([[line], [line], [line, line | {"epoch": 2}]])
    shown: list[tuple[float, str]] = []
    monkeypatch.setattr(train, "show_progress", lambda *progress: shown.append(progress))
    monkeypatch.setattr(train.time, "sleep", lambda seconds: None)
    ended = Status("finished", "Done.")
    run: Any = SimpleNamespace(status=lambda: next(statuses, ended), metrics=lambda: next(rows))
    assert train.follow(run) == 0
    assert shown == [(0.5, "about 2 min left"), (0.999, "Nearly.")]
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "epoch 1/2  loss 1.5000  validation loss 1.2500  accuracy 50.00 %",
        "epoch 2/2  loss 1.5000  validation loss 1.2500  accuracy 50.00 %",
        "Done.",
    ]
    failed: Any = SimpleNamespace(status=lambda: Status("failed", "No."), metrics=list)
    assert train.follow(failed) == 1


def face(name: str, share: float, doubts: list[str] | None = None) -> dict[str, Any]:
    return {
        "box": [1.0, 2.0, 3.0, 4.0], "score": 0.5, "detector": "haar", "class": name,
        "quality": {"doubts": doubts or [], "turned": 0},
        "probabilities": {"happy": share, "sad": 1 - share},
    }  # fmt: skip


def test_faces_are_printed_and_tabled(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    two = {
        "image": "a.png",
        "problem": None,
        "faces": [face("happy", 0.75), face("happy", 0.9, ["small", "dark"])],
        "people": {"happy": 2},
    }
    three = two | {"faces": [*two["faces"], face("sad", 0.4)], "people": {"happy": 2, "sad": 1}}  # type: ignore[misc]
    one = two | {"image": "b.png", "faces": two["faces"][:1]}  # type: ignore[index]
    none = {"image": "c.png", "faces": [], "people": {}, "problem": "No face."}
    predict._print([three, one, none])
    assert capsys.readouterr().out.splitlines() == [
        "a.png: 3 faces found",
        "  happy       75.0 %  at [1.0, 2.0, 3.0, 4.0]",
        "  happy       90.0 %  at [1.0, 2.0, 3.0, 4.0]  hard to read: small, dark",
        "  sad         60.0 %  at [1.0, 2.0, 3.0, 4.0]",
        "  of 3 people: happy 66.7 %, sad 33.3 %",
        "b.png: 1 face found",
        "  happy       75.0 %  at [1.0, 2.0, 3.0, 4.0]",
        "c.png: No face.",
    ]
    predict._write_csv([two, none], ("happy", "sad"), str(tmp_path / "t.csv"))
    head, first, second, last = (tmp_path / "t.csv").read_text().splitlines()
    assert head == "image,face,left,top,right,bottom,score,detector,turned,class,happy,sad,quality,problem"
    assert first == "a.png,1,1.0,2.0,3.0,4.0,0.5,haar,0,happy,0.75,0.25,," and second.startswith("a.png,2,")
    assert "small; dark" in second and last == "c.png" + "," * 13 + "No face."


def test_a_better_detector_is_named_beside_haar(monkeypatch: pytest.MonkeyPatch) -> None:
    for used, hint in (("haar", True), ("yunet", False)):
        monkeypatch.setattr(predict, "detector_for", lambda name, used=used: used)
        assert ("fer detectors get yunet" in predict._no_face("auto")) is hint


@pytest.mark.parametrize(("json_to", "csv_to", "printed"), [(None, None, True), ("-", None, False), (None, "-", False)])
def test_images_of_a_folder_and_broken_ones(monkeypatch, capsys, tmp_path: Path, json_to, csv_to, printed) -> None:
    for name in ("b.png", "a.jpg", "c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    shown: list[float] = []

    def read(path: str, classifier: Any, detector: str) -> dict[str, Any]:
        if path.endswith("a.jpg"):
            raise UserError("broken")
        return {"image": path, "width": 1, "faces": [], "people": {}, "problem": "No face."}

    monkeypatch.setattr(predict, "_read", read)
    monkeypatch.setattr(predict, "load_checkpoint", lambda name: SimpleNamespace(classes=("happy",)))
    monkeypatch.setattr(predict, "show_progress", lambda done, word: shown.append(done))
    args = argparse.Namespace(json=json_to, csv=csv_to, checkpoint="", images=[str(tmp_path), "x.png"], detector="auto")
    assert predict.run(args) == 2 and shown == [1 / 3, 2 / 3, 1]
    out = capsys.readouterr().out
    assert ("b.png: No face." in out and "use --detector whole" in out) is printed and "a.jpg: " not in out
    args.images = ["x.png"]
    assert predict.run(args) == 0
    args.images = [str(tmp_path / "a.jpg")]
    assert "whole" not in capsys.readouterr().out or printed
    assert predict.run(args) == 2 and "whole" not in capsys.readouterr().out, "nothing was read"
    with pytest.raises(UserError, match="holds no"):
        list(predict._files([str(tmp_path / "empty")]))
    with pytest.raises(UserError, match="Only one of"):
        predict.run(argparse.Namespace(json="-", csv="-"))


def test_runs_are_listed_in_columns() -> None:
    status = Status("queued", epoch=3, epochs=9, best_epoch=2, best_value=0.5)
    assert runs._line("name", status, 2) == f"{'name':<48}{'queued 2':<11}   3/9    best 0.5000 in epoch 2"
    assert runs._line("name", Status("running", epochs=9), None) == f"{'name':<48}{'running':<11}   0/9    best -"
    for wrong, said in (
        ({"action": "delete", "name": None, "title": None}, "Name the run to delete"),
        ({"action": "rename", "name": "r", "title": None}, "Only rename takes a name"),
        ({"action": "hide", "name": "r", "title": "t"}, "Only rename takes a name"),
    ):
        with pytest.raises(UserError, match=said):
            runs._change(argparse.Namespace(**wrong))


def test_what_is_deleted_was_agreed_to(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    gone: list[str] = []
    monkeypatch.setattr(runs, "find_run", lambda name: SimpleNamespace(id=name))
    monkeypatch.setattr(runs, "delete", lambda run: gone.append(run.id))
    for yes, agreed, deleted in ((True, False, True), (False, True, True), (False, False, False)):
        monkeypatch.setattr(runs, "_agreed", lambda name, agreed=agreed: agreed)
        gone.clear()
        args = argparse.Namespace(action="delete", name="r", title=None, yes=yes)
        assert (runs._change(args) == 0) is deleted is bool(gone)
    states: list[bool] = []
    monkeypatch.setattr(runs, "hide", lambda run, hidden: states.append(hidden))
    for action in ("hide", "show"):
        runs._change(argparse.Namespace(action=action, name="r", title=None))
    assert states == [True, False]


def test_members_are_measured_on_the_same_images(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def predictions(fingerprint: str, rows: list[int]) -> Any:
        return SimpleNamespace(fingerprint=fingerprint, rows=np.array(rows), logits=None, labels=None)

    known = {
        "a": predictions("f", [1, 2]),
        "b": predictions("f", [1, 2]),
        "c": predictions("g", [1, 2]),
        "d": predictions("f", [1, 3]),
    }
    monkeypatch.setattr(ensemble, "read_shipped", lambda candidate: known[candidate.name])
    choice = SimpleNamespace(order=(1, 0), losses=(0.5, 0.75), accuracies=(0.625,), members=(1,))
    monkeypatch.setattr(ensemble, "choose_members", lambda logits, labels: choice)
    named: Any = {name: SimpleNamespace(name=name, path=name) for name in known}
    assert ensemble._chosen([named["a"], named["b"]]) == [named["b"]]
    assert capsys.readouterr().err.splitlines() == [
        f" 1 {'b':<32} loss 0.750  mean of the first 1, cross-validated:  62.5 %",
        f" 2 {'a':<32} loss 0.500  ",
    ]
    for other in ("c", "d"):
        with pytest.raises(UserError, match=f"{other} and a were measured on different images"):
            ensemble._chosen([named["a"], named[other]])
    assert ensemble._weights("2,1") == [2, 1] and ensemble._weights(None) == []


def test_networks_that_are_not_here_have_their_size(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(
        checkpoints, "left_out", lambda: {"big": {"a": SimpleNamespace(size=1_500_000), "b": SimpleNamespace(size=5e5)}}
    )
    monkeypatch.setattr(checkpoints, "network_folders", lambda: [1, 2])
    checkpoints.run(argparse.Namespace(action=None, json=False))
    assert capsys.readouterr().out.splitlines()[1] == f"{'big':<32}not here, 2.0 MB: fer checkpoints get big"
    fetched: list[str] = []
    monkeypatch.setattr(checkpoints, "get_network", lambda name, source, progress: fetched.append(name))
    for names in ([], ["other"]):
        checkpoints.run(argparse.Namespace(action="get", name=names, source=None))
    assert fetched == ["big", "other"]


def test_a_network_is_imported_with_all_that_its_file_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Any] = [None]
    monkeypatch.setattr(import_network, "said_by", lambda file: said[0])
    base = {
        "file": "f",
        "network": "n",
        "classes": "a,b",
        "size": 48,
        "channels": 3,
        "margin": 0.1,
        "mean": "0.5",
        "std": "1,2,3",
    }
    full = import_network._given(argparse.Namespace(**base))
    assert full.classes == ("a", "b") and full.preprocess.mean == 0.5 and full.preprocess.std == (1, 2, 3)
    for missing in ("classes", "size", "channels"):
        with pytest.raises(UserError, match="does not describe its network"):
            import_network._given(argparse.Namespace(**base | {missing: None}))
    said[0] = "known"
    assert import_network._given(argparse.Namespace(**base | {"classes": None})) == "known"  # type: ignore[comparison-overlap]
    assert import_network._given(argparse.Namespace(**base)).classes == ("a", "b")
    for missing in ("file", "out"):
        with pytest.raises(UserError, match="Give the file to import"):
            import_network.run(argparse.Namespace(**{"allow": None, "file": "f", "out": "o"} | {missing: None}))


def test_folders_of_checkpoints_are_migrated(monkeypatch: pytest.MonkeyPatch, capsys, tmp_path: Path) -> None:
    for name in ("one/config.json", "many/a/config.json", "many/b/config.json", "none/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    seen: list[Path] = []
    monkeypatch.setattr(migrate, "migrate", lambda folders: (seen.extend(folders), {"a": "123"})[1])
    from fer_models import publish

    monkeypatch.setattr(publish, "renew_card", lambda folder: folder.name != "b")
    migrate.run(argparse.Namespace(folders=[str(tmp_path / "one"), str(tmp_path / "many")]))
    assert seen == [tmp_path / "one", tmp_path / "many" / "a", tmp_path / "many" / "b"]
    assert capsys.readouterr().out.splitlines() == [
        f"{'a':<32}123",
        "1 of 3 rewritten; the others are in the current format. 2 cards updated.",
    ]
    with pytest.raises(UserError, match="is not a checkpoint folder and holds none"):
        migrate.run(argparse.Namespace(folders=[str(tmp_path / "none")]))


def test_sizes_of_networks_are_in_millions(monkeypatch: pytest.MonkeyPatch, capsys, tmp_path: Path) -> None:
    from fer_models import complexity

    row = {
        "name": "net",
        "options": {"a": 1},
        "sizes": {"source": "x"},
        "input": (1, 48, 48),
        "parameters": 1234,
        "macs": 2.5e6,
    }
    monkeypatch.setattr(complexity, "model_table", lambda: [row])
    monkeypatch.setattr(models, "_trained", lambda as_json: int(as_json) + 5)
    plain = {"draw": None, "name": None, "layers": False, "trained": False, "json": False}
    assert models.run(argparse.Namespace(**plain)) == 5
    assert capsys.readouterr().out.splitlines()[1] == f"{'net':<24}{'a=1':<34}{'1x48x48':>12}{'1,234':>14}{'2.5':>10}"
    layer = SimpleNamespace(name="gate", kind="Conv", output_shape=(4, 4), parameters=10, macs=2.5e6, attention=True)
    monkeypatch.setattr(models, "create_model", lambda name: SimpleNamespace(native_input=name))
    monkeypatch.setattr(
        complexity, "layers", lambda model, size: [layer, SimpleNamespace(**vars(layer) | {"attention": False})]
    )
    for options in ({"name": "n"}, {"name": "n", "layers": True}):
        models.run(argparse.Namespace(**plain | options))
        lines = capsys.readouterr().out.splitlines()
        assert lines[1] == f"{'Gate (conv) *':<66}{'4x4':>18}{'10':>12}{'2.50':>10}"
        assert lines[2].startswith("Gate (conv) ")
    with pytest.raises(UserError, match="name the network to draw"):
        models.run(argparse.Namespace(**plain | {"draw": "x.svg"}))


@pytest.mark.parametrize(("count", "epochs"), [(0, 5), (5, 0)])
def test_sequences_are_one_at_least(count: int, epochs: int) -> None:
    with pytest.raises(UserError, match="1 or more"):
        sequence.run(argparse.Namespace(count=count, epochs=epochs))


def test_figures_of_sequences_are_per_cent(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from fer_models.video import sequence as library
    from fer_models.video import sequence_data

    network = SimpleNamespace(figures={"sequence": 0.75, "framewise": 0.5, "n": 40.0})
    monkeypatch.setattr(sequence, "load_checkpoint", lambda name: None)
    monkeypatch.setattr(library, "train_sequences", lambda *_, **__: network)
    monkeypatch.setattr(library, "save_sequence_network", lambda network, folder: folder)
    monkeypatch.setattr(sequence_data, "drawn_sequences", lambda *_: [])
    args = argparse.Namespace(count=1, epochs=1, checkpoint="c", hidden=8, data=None, seed=0, out=None, json=None)
    assert sequence.run(args) == 0
    said = capsys.readouterr().out
    assert (
        said
        == f"{Path('c') / library.FOLDER}: 75.0 % of 40 frames of other people in sequences, 50.0 % frame by frame\n"
    )
    args.out, args.json = "elsewhere", "-"
    sequence.run(args)
    assert json.loads(capsys.readouterr().out)["folder"] == "elsewhere"


@pytest.mark.parametrize(("points", "of_all"), [(0, ""), (10, ""), (4, " of 10, drawn at random")])
def test_a_map_says_of_how_many_faces_it_is(monkeypatch, capsys, points: int, of_all: str) -> None:
    from fer_models.embedding import export

    taken: list[int] = []

    def take(index: np.ndarray) -> Any:
        taken.append(len(index))
        return SimpleNamespace(n=len(index))

    quality = SimpleNamespace(trustworthiness=0.9, continuity=0.8, overlap=0.7, sentence=lambda: "Good.")
    drawn = SimpleNamespace(faithfulness=quality, separation=SimpleNamespace(knn_accuracy=0.625), seconds=1.0)
    parts: list[str] = []
    for name, value in {
        "read_checkpoint": lambda folder: SimpleNamespace(selection=""),
        "open_dataset": lambda source: SimpleNamespace(split_names=("train", "test")),
        "source_of": lambda data, reader: data,
        "Part": SimpleNamespace(of_split=lambda dataset, split: parts.append(split)),
        "Protocol": lambda part, selection: None,
        "predictions_for": lambda *_, progress: SimpleNamespace(n=10, take=take, notes=()),
        "make_map": lambda *_: drawn,
        "features_of": lambda *_: [],
        "show_progress": lambda *_: None,
    }.items():
        monkeypatch.setattr(embed, name, value)
    monkeypatch.setattr(export, "write_map", lambda *_: ["file"])
    settings = {"features": "embedding", "method": "pca", "dimensions": 2, "perplexity": 30.0, "neighbours": 15}
    settings |= {"minimum_distance": 0.1, "metric": "euclidean", "components": 50, "seed": 0, "checkpoint": "c"}
    args = argparse.Namespace(**settings, data="d", reader=None, split=None, points=points, out="o")
    assert embed.run(args) == 0 and taken == [points or 10]
    said = capsys.readouterr().out
    assert f" of {taken[0]} faces{of_all} in 1.0 s" in said and "original features 62.5 %" in said
    args.split = "train"
    embed.run(args)
    assert parts == ["test", "train"]
