"""The page of what could be reproduced: its figures are those of the trained networks, its findings hold."""

import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from fer_models.checkpoint import Checkpoint, read_checkpoint
from fer_models.cli import main
from fer_models.data.splits import without_leaks
from fer_models.errors import UserError
from fer_models.evaluation.claims.paper_figures import paper_figures
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.sentence import selection_text
from fer_models.papers import PAPERS
from fer_models.preprocess import Preprocess
from fer_models.reproduction import findings, page, read_studies
from fer_models.reproduction.ablations import ablation_sections
from fer_models.reproduction.findings import REWRITTEN, _leaks, rewritten_accuracy
from fer_models.reproduction.tables import paper_table, trained_table
from fer_models.training.recipe import list_presets, load_preset

SHIPPED = Path(__file__).parents[2] / "checkpoints"


@pytest.fixture(scope="module")
def checkpoints():
    return [read_checkpoint(folder) for folder in sorted(SHIPPED.iterdir()) if folder.is_dir()]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A folder without data; what is drawn stays in it."""
    return tmp_path_factory.mktemp("empty")


def leave_data_out(patch, empty):
    for name in ("FER_CACHE", "FER_DATA"):
        patch.setenv(name, str(empty))
    patch.chdir(empty)


@pytest.fixture(scope="module")
def found(checkpoints, empty):
    with pytest.MonkeyPatch.context() as patch:
        leave_data_out(patch, empty)
        return findings(checkpoints)


def test_page_holds_every_trained_network_with_its_own_figure(checkpoints, found):
    text = page(checkpoints, found)
    for checkpoint in checkpoints:
        row = checkpoint.accuracy()
        if row and row["data"] in ("fer2013", "ferplus"):
            figure = f"{100 * row['value']:.1f} % [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"
            assert re.search(rf"^\| {checkpoint.name} \|.*{re.escape(figure)}", text, re.M), checkpoint.name
    assert all(f"## {paper.short}" in text for paper in PAPERS.values())
    assert re.search(r"^All rows but those named: measured on PublicTest, selected on PublicTest\.", text, re.M)
    assert "vgg-clean-fer2013: measured on PublicTest, selected on validation part (Official, validated on tr" in text


def test_a_network_in_another_form_than_published_says_so(checkpoints):
    rows = {
        line.split(" | ")[0].strip("| "): line.split(" | ")
        for line in trained_table(checkpoints, "fer2013").splitlines()
    }
    assert rows["resnet18-fer2013"][1:4] == ["width 48", "1 x 48 x 48", "6,286,423"]
    assert rows["separable-attention-fer2013"][1] == ""
    assert rows["ensemble-fer2013"][1].startswith("of ")


def test_the_choice_of_an_epoch_is_shown_on_a_network_that_has_epochs(checkpoints, found):
    """An ensemble may be the best network, and has none."""
    best = max((c for c in checkpoints if c.accuracy()["data"] == "fer2013"), key=lambda c: c.accuracy()["value"])
    assert best.network == "ensemble" and not (best.path / "metrics.jsonl").exists()
    (shown,) = [f.shown for f in found if f.title.startswith("The best epoch")]
    name, _, epochs = shown.partition(" chose its epoch among ")
    lines = (SHIPPED / name / "metrics.jsonl").read_text().splitlines()
    assert int(epochs.split()[0]) == len(lines)


def test_a_printed_figure_is_compared_with_the_same_network_only(checkpoints):
    (line,) = [line for line in paper_table("separable-attention", checkpoints).splitlines() if "| FER2013 |" in line]
    ours = next(c for c in checkpoints if c.network == "separable_attention").accuracy()["value"]
    (printed,) = [f.value for f in paper_figures(paper="separable-attention", dataset="fer2013") if f.own]
    assert f"{100 * (ours - printed):+.1f} points" in line
    others = [c for c in checkpoints if c.network != "separable_attention"]
    assert "not measured" in paper_table("separable-attention", others) and "points" not in paper_table(
        "separable-attention", others
    )


def test_a_depth_is_not_compared_with_another_depth(checkpoints):
    rows = [line for line in paper_table("sldcnn", checkpoints).splitlines() if "SLDCNN depth 44" in line]
    assert rows and all("not measured" in row and "--set options.depth=44" in row for row in rows)


def test_every_paper_has_the_preset_that_its_commands_name():
    assert {preset for paper in PAPERS.values() for preset in paper.presets} <= set(list_presets())


def test_rewriting_errors_raises_the_accuracy_by_just_these(tiny_evaluation):
    assert tiny_evaluation.value("accuracy") == 2 / 5
    assert rewritten_accuracy(tiny_evaluation, REWRITTEN) == 4 / 5
    assert rewritten_accuracy(tiny_evaluation, [("neutral", "happy")]) == 2 / 5


def test_findings_hold_without_any_data(found):
    texts = {finding.title: finding for finding in found}
    assert "no confusion matrix gives them all" in texts["Figures that contradict one another"].shown
    assert "not measured" in texts["An evaluation that counts some errors as right"].shown
    penalty = texts["A loss that text and formulas describe in opposite ways"].shown
    assert "gradients 0 and 3 by the formulas, 1 and 0 by the text" in penalty


def test_a_drop_without_copies_wants_both_figures():
    """Of two networks, one was never measured without the copies."""
    row = {"metric": "accuracy", "selection": "val", "averaging": "none", "data": "fer2013", "split": "test"}
    whole = row | {"value": 0.7, "n": 1000}
    clean = row | {"value": 0.65, "n": 900, "split": without_leaks("test")}
    networks = [
        Checkpoint(Path(name), "hog", {}, 1, ("happy", "sad"), Preprocess(), "", rows)
        for name, rows in (("both", [whole, clean]), ("one", [whole]))
    ]
    assert _leaks(networks, "fer2013").shown == "both 70.0 % with all 1,000, 65.0 % with the 900 others."
    assert _leaks(networks[1:], "fer2013").shown == "not measured"


def test_commands_print_and_write(tmp_path, capsys, checkpoints, found, empty, monkeypatch):
    leave_data_out(monkeypatch, empty)
    assert main(["models", "--trained"]) == 0
    printed = capsys.readouterr().out
    for checkpoint in checkpoints:
        row = checkpoint.accuracy()
        if row is None:
            continue
        assert f"{100 * row['value']:.1f} % [{100 * row['low']:.1f}, {100 * row['high']:.1f}]" in printed
        assert f"{row['split']} · {selection_text(row['selection'])}" in printed
    assert main(["reproduction", "--out", str(tmp_path / "page.md")]) == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8").startswith("# What could be reproduced")


def test_a_damaged_checkpoint_does_not_hide_the_others(tmp_path, capsys, monkeypatch, checkpoints):
    good = next(c for c in checkpoints if c.network == "mini_xception")
    shutil.copytree(good.path, tmp_path / good.name)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{")
    monkeypatch.setenv("FER_CHECKPOINTS", str(tmp_path))
    assert main(["models", "--trained"]) == 0
    printed = capsys.readouterr().out
    assert good.name in printed and "has no weights.safetensors" in printed
    assert main(["models", "--trained", "--json"]) == 0
    listed = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert listed[good.name]["sha256"] == good.sha256 and "weights.safetensors" in listed["broken"]["problem"]


@pytest.fixture
def tiny_evaluation():
    """Five pictures: two right, two errors of a kind that the released code rewrites, one other error."""
    classes = ("disgust", "neutral", "surprise", "happy")
    targets, predictions = np.array([0, 1, 0, 2, 3]), np.array([0, 1, 1, 0, 1])
    logits = np.eye(4, dtype=np.float32)[predictions]
    rest = np.arange(5)
    return Evaluation(
        classes, targets, predictions, logits, logits, None, rest, rest, "drawn", "", "test", "val", "none", ()
    )


def test_a_kept_study_becomes_a_table_with_the_command_that_repeats_it(tmp_path):
    spread = {"n": 3, "mean": 0.5, "deviation": 0.01, "low": 0.475, "high": 0.525}
    difference = {"n": 3, "value": -0.02, "paired": True, "low": -0.05, "high": 0.01, "p": 0.2}
    line = {"runs": 3, "p_holm": None}
    recipe = load_preset("ablation-fcsdnet").with_settings(["data=fer2013", "batch_size=64"])
    study = {
        "title": "t",
        "recipe": recipe.to_dict(),
        "runs": [{"seed": seed, "measured_on": "PublicTest"} for seed in (0, 1, 2)],
        "settings": [
            {**line, "settings": {"options.attention": "none"}, "spread": spread, "difference": None, "said": "x"},
            {
                **line,
                "settings": {"options.attention": "cam"},
                "spread": {**spread, "mean": 0.48},
                "difference": difference,
                "said": "no difference larger than chance.",
            },
            {**line, "settings": {"options.attention": "sam"}, "spread": None, "difference": None, "said": "waits"},
        ],
    }
    (tmp_path / "attention.json").write_text(json.dumps(study))
    text = "\n".join(ablation_sections(read_studies(tmp_path)))
    assert "### fcsdnet: attention" in text and "3 epochs, 48 px, batches of 64, 3 seeds" in text
    assert "| 50.0 % [47.5, 52.5] |" in text and "no difference larger than chance." in text
    assert "waits for runs" in text
    assert (
        "fer study ablation-fcsdnet --data fer2013 --set batch_size=64 --grid options.attention=none,cam,sam --seeds 3"
        in text
    )
    (tmp_path / "torn.json").write_text('{"title": 1}')
    with pytest.raises(UserError, match=r"torn\.json is not a study"):
        read_studies(tmp_path)


def test_commands_of_kept_studies_can_be_typed():
    """Each says the options that were studied, once a shell has split it."""
    studies = read_studies(SHIPPED.parent / "docs" / "ablations")
    lines = [line for line in "\n".join(ablation_sections(studies)).splitlines() if line.startswith("fer study")]
    assert len(lines) == len(studies) >= 5
    for line, study in zip(lines, studies, strict=True):
        words = shlex.split(line)
        changes = [words[i + 1] for i, word in enumerate(words) if word == "--set"]
        recipe = load_preset(words[2]).with_settings(changes)
        assert recipe.to_dict()["options"] == study["recipe"]["options"]
        assert recipe.epochs == study["recipe"]["epochs"]
