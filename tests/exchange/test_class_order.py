"""The order of an imported network's classes, tested on labelled faces, and folders of our own."""

from pathlib import Path

import numpy as np
import pytest
import torch

from fer_models import create_model
from fer_models.checkpoint import save_checkpoint, write_figures
from fer_models.cli import main
from fer_models.data import open_dataset
from fer_models.errors import UserError
from fer_models.exchange import own_folder
from fer_models.exchange.bring import class_names
from fer_models.exchange.class_order import ORDERS, check_order, labelled_sample
from fer_models.exchange.network_name import parse_network
from fer_models.exchange.own_folder import copy_checkpoint, rename_classes
from fer_models.folders import network_folders
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess


def outputs(order: tuple[str, ...], labels: list[str], right: float, seed: int = 0) -> np.ndarray:
    """Output numbers of a network that was trained with this order and is right in that share of the faces."""
    random = np.random.default_rng(seed)
    true = np.array([order.index(name) for name in labels])
    wrong = random.integers(0, len(order), len(labels))
    return np.where(random.random(len(labels)) < right, true, wrong)


LABELS = [name for name in FER7 for _ in range(30)]


@pytest.mark.parametrize("name", ["alphabetical", "RAF-DB", "AffectNet, without contempt"])
def test_another_known_order_is_suspected_and_named(name: str) -> None:
    check = check_order(outputs(ORDERS[name], LABELS, 0.6), LABELS, FER7)
    assert check.other == ORDERS[name] and check.other_name == name
    assert check.n == 210 and check.other_right > check.right


def test_the_right_order_is_left_alone_and_an_unknown_one_is_found() -> None:
    fits = check_order(outputs(FER7, LABELS, 0.5), LABELS, FER7)
    assert not fits.other and fits.reads
    shuffled = ("sad", "neutral", "happy", "angry", "surprise", "fear", "disgust")
    found = check_order(outputs(shuffled, LABELS, 0.8), LABELS, FER7)
    assert found.other == shuffled


def test_a_network_that_reads_nothing_is_not_given_an_order() -> None:
    for seed in range(20):
        check = check_order(outputs(FER7, LABELS, 0.0, seed), LABELS, FER7)
        assert not check.other and not check.reads
    with pytest.raises(UserError, match="no class of this network"):
        check_order(np.zeros(1), ["bored"], FER7)


def test_the_order_of_an_imported_network_changes_and_of_a_measured_one_does_not(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = create_model("mini_xception", 7, 1)
    ours = save_checkpoint(tmp_path / "ours", model, FER7, Preprocess(48, 1))
    with pytest.raises(UserError, match="cannot be changed"):
        rename_classes(ours, ORDERS["alphabetical"])
    torch.save(model.state_dict(), tmp_path / "w.pt")
    size = ["--size", "48", "--channels", "1", "--out", str(tmp_path / "new"), "--check", "synthetic:count=140"]
    assert (
        main(["import", str(tmp_path / "w.pt"), "--network", "mini_xception", "--classes", ",".join(FER7), *size]) == 0
    )
    copied = copy_checkpoint(tmp_path / "new", tmp_path / "copy")
    assert rename_classes(copied, ORDERS["alphabetical"]).classes == ORDERS["alphabetical"]
    with pytest.raises(UserError, match="only their order can be changed"):
        rename_classes(copied, FER7[:6])
    write_figures(tmp_path / "new", [{"metric": "accuracy", "value": 0.5, "split": "test"}])
    with pytest.raises(UserError, match="cannot be changed"):
        rename_classes(copy_checkpoint(tmp_path / "new", tmp_path / "third"), ORDERS["alphabetical"])


def test_a_folder_of_a_run_is_copied_whole_and_a_damaged_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FER_NETWORKS", str(tmp_path / "networks"))
    best = tmp_path / "run" / "checkpoints" / "best"
    ours = save_checkpoint(best, create_model("mini_xception", 7, 1), FER7, Preprocess(48, 1))
    assert main(["import", str(tmp_path / "run"), "--out", str(tmp_path / "networks" / "mine")]) == 0
    assert tmp_path / "networks" / "mine" in network_folders()
    assert copy_checkpoint(best, tmp_path / "again").sha256 == ours.sha256
    with pytest.raises(UserError, match="choose another name"):
        copy_checkpoint(best, tmp_path / "again")
    size = sum(file.stat().st_size for file in best.iterdir())
    monkeypatch.setattr(own_folder, "LARGEST", size)
    copy_checkpoint(best, tmp_path / "just")
    monkeypatch.setattr(own_folder, "LARGEST", size - 1)
    with pytest.raises(UserError, match=f"larger than {(size - 1) / 1e9:g} GB"):
        copy_checkpoint(best, tmp_path / "large")
    (best / "weights.safetensors").write_bytes(b"damaged")
    assert main(["import", str(best), "--out", str(tmp_path / "other")]) == 2
    assert not (tmp_path / "other").exists() and "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("names", [[], ["happy"], ["happy", ""], ["", " ", "sad"]])
def test_every_output_needs_a_name(names):
    with pytest.raises(UserError, match="names of all classes"):
        class_names(names)
    assert class_names(["Sadness", " bored "]) == ("sad", "bored")
    with pytest.raises(UserError, match="happy is given twice"):
        class_names(["happy", "Happiness"])


def test_a_sample_holds_as_many_faces_of_each_class_with_their_names():
    dataset = open_dataset("synthetic:count=140,size=48,classes=happy+sad+angry")
    positions, names = labelled_sample(dataset, ["sad", "contempt", "angry"], each=5)
    assert sorted(names) == ["angry"] * 5 + ["sad"] * 5 and len(set(positions.tolist())) == 10
    assert [dataset.classes[k] for k in dataset.labels[positions]] == names and names != sorted(names)
    assert set(positions.tolist()) <= set(dataset.split_index(dataset.split_names[-1]).tolist())
    every, _ = labelled_sample(dataset, ["happy"], each=1000)
    last = dataset.split_index(dataset.split_names[-1])
    assert len(every) == (dataset.labels[last] == dataset.classes.index("happy")).sum()


@pytest.mark.parametrize("text", ["mini_xception:attention", "mini_xception:=se", "mini_xception:attention=se,"])
def test_options_of_a_network_have_a_name_and_a_value(text):
    with pytest.raises(UserError, match="as name=value"):
        parse_network(text)
    assert parse_network("mini_xception:attention=se,x=1").options == {"attention": "se", "x": 1}
