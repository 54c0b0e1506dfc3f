"""Publishing: what ships is measured on the very weights that ship, and the command reproduces its figures."""

import json
import shutil

import numpy as np
import pytest
import torch

from fer_models.checkpoint import read_checkpoint
from fer_models.checkpoint_files import CARD
from fer_models.classifier import load_checkpoint
from fer_models.cli import main
from fer_models.data import open_dataset
from fer_models.errors import UserError
from fer_models.evaluation.part import Part
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.shipped import COMPONENTS, shipped_evaluation
from fer_models.publish import check_against_cpu, publish, renew_card
from fer_models.training.recipe import Recipe
from fer_models.training.runs.epochs import list_epochs, read_epoch
from fer_models.training.runs.run import create_run
from fer_models.training.runs.worker import work
from fer_models.training.watch.history import read_watched

DATA = "synthetic:count=210,size=48,identities=12"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr("fer_models.evidence.BUILT_IN", DATA)
    listed = tmp_path / "marked.csv"
    listed.write_text("row\n3\n")
    run = create_run(
        Recipe(data=DATA, network="mini_xception", epochs=1, batch_size=32, precision="float32", exclude=str(listed))
    )
    assert work(run) == 0, run.status()
    return run


def test_export_measures_the_rounded_weights_and_evaluate_agrees(run, tmp_path, capsys):
    target = tmp_path / "shelf" / "mini"
    assert main(["export", run.id, str(target), "--title", "A small network", "--without-tests"]) == 0
    capsys.readouterr()
    shipped = read_checkpoint(target)
    assert json.loads((target / "config.json").read_text())["weights_dtype"] == "float16"
    assert str(run.folder) not in (target / "config.json").read_text() + shipped.card, "a path of whoever trained it"
    figure = shipped.accuracy()
    assert figure["split"] == "test"
    assert figure["selection"] == "val"
    assert shipped.accuracy("flip")["averaging"] == "flip"
    for key in ("macro_precision", "macro_recall", "macro_specificity", "mcc", "roc_auc"):
        assert shipped.figures(key, "ten_crop")[0]["n"] == figure["n"]
    assert main(["evaluate", str(target), "--data", DATA, "--split", "test", "--json", "-"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["accuracy"] == {key: figure[key] for key in ("value", "low", "high")}
    assert again["n"] == figure["n"]
    dataset = open_dataset(DATA)
    part = Protocol(Part.of_split(dataset, "test"), selection="val")
    brought = shipped_evaluation(shipped, dataset, part)
    assert brought.value("accuracy") == figure["value"] and brought.embeddings_kept > 0
    assert shipped.card.count("## Predictions beside the weights") == 1 and "It holds no image." in shipped.card
    written = (target / "predictions.safetensors").read_bytes()
    (target / "predictions.safetensors").unlink()
    assert main(["evidence", str(target), "--without-tests"]) == 0
    assert (target / "predictions.safetensors").read_bytes() == written
    assert read_checkpoint(target).card == shipped.card and read_checkpoint(target).metrics == shipped.metrics
    for name in ("curves", "confusion", "reliability"):
        assert f"({name}.svg)" in shipped.card and (target / f"{name}.svg").read_text().startswith("<svg")
    again = publish(target, tmp_path / "again")  # what is published can be published again, from its own folder
    assert again.metrics == shipped.metrics and (again.path / "metrics.jsonl").exists()
    watched = read_watched(again.path)
    assert watched is not None and watched.faces.drawn.all()  # the run's history, without anybody's face
    assert list_epochs(again.path) == [1]
    assert read_epoch(again.path, 1).embedding.shape[1] <= COMPONENTS
    for words in (
        "nearest neighbour on pixels",
        "processor time",
        "five crops",
        "# A small network",
        "must not be used",
        "how the errors differ",
        "not a feeling",
        f"{100 * figure['value']:.1f} %",
    ):
        assert words in shipped.card


def test_an_ensemble_names_the_members_beside_it(run, tmp_path, capsys):
    shelf = tmp_path / "shelf"
    first = publish(run.checkpoint, shelf / "first")
    second = publish(run.checkpoint, tmp_path / "elsewhere" / "second")
    both = shelf / "both"
    assert main(["ensemble", str(first.path), str(second.path), "--out", str(both), "--without-ten-crop"]) == 0
    assert {row["averaging"] for row in read_checkpoint(both).metrics} == {"none", "flip"}
    made, face = read_checkpoint(both), torch.rand(1, 1, 48, 48)
    assert made.beside == {"members.0.": ("first", first.sha256)}
    weights = (both / "weights.safetensors").stat().st_size
    assert weights < 1.1 * second.size and made.size == weights + first.size, "one is named, the other one copied"
    assert "| combined | mean of the members, weights equal |" in made.card
    with torch.no_grad():
        assert torch.allclose(made.build()(face).exp(), first.build()(face).softmax(1), atol=1e-6), "twice the same"

    config = first.path / "config.json"
    parts = config.read_text()
    config.write_text(parts.replace(first.sha256, "0" * 64))
    with pytest.raises(UserError, match="other weights of first"):
        read_checkpoint(both)
    config.write_text(parts)
    weights = bytearray((first.path / "weights.safetensors").read_bytes())
    weights[-1] ^= 1
    (first.path / "weights.safetensors").write_bytes(weights)
    with pytest.raises(UserError, match="weights of first are not the ones that were saved"):
        read_checkpoint(both).build()
    first.path.rename(tmp_path / "gone")
    with pytest.raises(UserError, match="from the checkpoint first, which should be in the same folder"):
        read_checkpoint(both)


def test_a_checkpoint_of_unknown_origin_is_refused(run, tmp_path):
    config = run.checkpoint / "config.json"
    values = json.loads(config.read_text())
    values["provenance"] = {}
    config.write_text(json.dumps(values))
    with pytest.raises(UserError, match="does not say how it was trained"):
        publish(run.checkpoint, tmp_path / "x")


def test_logits_that_differ_from_the_cpu_are_refused(run):
    classifier = load_checkpoint(run.checkpoint)
    faces = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 1), np.uint8)
    check_against_cpu(classifier, faces)
    with torch.no_grad():
        next(classifier.model.parameters()).add_(0.01)
    with pytest.raises(UserError, match=r"other logits on cpu than on the CPU.*FER_DEVICE=cpu"):
        check_against_cpu(classifier, faces)


def test_a_card_is_renewed_once(tmp_path):
    folder = tmp_path / "vgg-fer2013"
    shutil.copytree("checkpoints/vgg-fer2013", folder)
    card = folder / CARD
    new = card.read_text(encoding="utf-8")
    assert not renew_card(folder) and card.read_text(encoding="utf-8") == new
    lines = [line for line in new.splitlines() if not line.startswith("- Source: ")]
    card.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert renew_card(folder) and card.read_text(encoding="utf-8") == new
    card.unlink()
    assert not renew_card(folder) and not card.exists()
