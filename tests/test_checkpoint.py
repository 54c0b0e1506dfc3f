"""Checkpoint folders: whole or not there, verified, and never unpickled."""

import dataclasses
import json
import pickle
import shutil

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from fer_models import load_checkpoint
from fer_models.architectures import create_model
from fer_models.checkpoint import read_checkpoint, save_checkpoint, write_figures
from fer_models.errors import UserError
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess

FIGURE = {"metric": "accuracy", "value": 0.5, "low": 0.4, "high": 0.6, "n": 100, "split": "val", "selection": "val"}


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    model = create_model("mini_xception", attention="se").eval()
    prep = Preprocess(size=64, channels=1, mean=0.4, std=0.3, crop_margin=0.1)
    save_checkpoint(tmp_path / "ck", model, FER7, prep, provenance={"seed": 1})
    write_figures(tmp_path / "ck", [FIGURE], "# Card")
    return model, read_checkpoint(tmp_path / "ck")


def test_round_trip_is_exact(saved):
    model, checkpoint = saved
    again = read_checkpoint(checkpoint.path)
    assert again == checkpoint
    assert again.preprocess == Preprocess(size=64, channels=1, mean=0.4, std=0.3, crop_margin=0.1)
    assert (again.options["attention"], again.classes, again.card) == ("se", FER7, "# Card")
    assert again.accuracy()["value"] == 0.5
    assert again.accuracy("flip") is None
    for name, value in again.build().state_dict().items():
        assert torch.equal(value, model.state_dict()[name]), name
    classifier = load_checkpoint(checkpoint.path)
    pictures = np.random.default_rng(0).integers(0, 256, (5, 80, 70, 3), dtype=np.uint8)
    prediction = classifier.predict(pictures, batch_size=2)
    with torch.no_grad():
        logits = model(again.preprocess(pictures))
    np.testing.assert_allclose(prediction.logits, logits.numpy(), atol=1e-5)
    assert prediction.embedding.shape == (5, model.num_features)
    flipped = classifier.predict(pictures[:, :, ::-1], averaging="flip").logits
    np.testing.assert_allclose(flipped, classifier.predict(pictures, averaging="flip").logits, atol=1e-4)
    assert classifier.predict([]).probabilities.shape == (0, 7)


def test_the_accuracy_is_of_held_out_pictures_where_there_are_any(saved):
    checkpoint = saved[1]
    val = FIGURE | {"value": 0.7}
    without = FIGURE | {"value": 0.65, "split": "val without images that leak"}
    test = FIGURE | {"value": 0.6, "split": "test"}
    other = FIGURE | {"value": 0.55, "split": "validation 2"}
    flipped = test | {"value": 0.62, "averaging": "flip"}

    def shown(*rows, averaging="none"):
        return dataclasses.replace(checkpoint, metrics=list(rows)).accuracy(averaging)

    assert shown(val, without, flipped, test) == test
    assert shown(val, without) == val, "a part of the selecting split chose the weights too"
    assert shown(val, other) == other, "a name that only begins alike is another part"
    assert shown(val, flipped, test, averaging="flip") == flipped
    assert shown(flipped) is None
    old = {key: value for key, value in val.items() if key != "selection"}
    recorded = dataclasses.replace(checkpoint, metrics=[old, test], provenance={"validation": "val"})
    assert (recorded.accuracy(), recorded.selection) == (test, "val")


def test_identity_is_of_everything_that_decides_an_answer(saved, tmp_path):
    model, checkpoint = saved
    copied = save_checkpoint(tmp_path / "renamed", model, FER7, checkpoint.preprocess)
    write_figures(copied.path, [], "# Another")
    assert copied.identity == checkpoint.identity
    changed = {
        "sha256": "0" * 64,
        "network": "hog",
        "options": {**checkpoint.options, "attention": "cbam"},
        "classes": FER7[::-1],
        "in_channels": 3,
        "preprocess": dataclasses.replace(checkpoint.preprocess, crop_margin=0.2),
    }
    others = {dataclasses.replace(checkpoint, **{name: value}).identity for name, value in changed.items()}
    assert len(others | {checkpoint.identity}) == len(changed) + 1


def test_float16_halves_the_file(saved, tmp_path):
    model, checkpoint = saved
    small = save_checkpoint(tmp_path / "half", model, FER7, checkpoint.preprocess, dtype="float16")
    sizes = [(c.path / "weights.safetensors").stat().st_size for c in (small, checkpoint)]
    assert sizes[0] < 0.6 * sizes[1]
    assert small.build().classifier.weight.dtype == torch.float32


def test_saving_again_replaces_the_whole_folder(saved):
    model, checkpoint = saved
    (checkpoint.path / "stray.txt").write_text("x")
    save_checkpoint(checkpoint.path, model, FER7, checkpoint.preprocess)
    assert sorted(p.name for p in checkpoint.path.iterdir()) == [
        "card.md",
        "config.json",
        "metrics.json",
        "weights.safetensors",
    ]
    assert [p.name for p in checkpoint.path.parent.iterdir()] == ["ck"]
    write_figures(checkpoint.path, [FIGURE], card="new")
    read = read_checkpoint(checkpoint.path)
    assert (read.metrics, read.card) == ([{"data": "", "averaging": "none"} | FIGURE], "new")


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"beside": {"members.0.": ["ck", "0" * 64]}}, "made of other checkpoints itself"),
        ({"beside": {"members.0.": ["../elsewhere", "0" * 64]}}, "from the checkpoint elsewhere"),
        ({"beside": ["ck"]}, "not a safetensors file of this workbench"),
        ([], "not a safetensors file of this workbench"),
    ],
)
def test_a_strange_list_of_neighbours_is_refused(saved, about, sentence):
    """One that names itself, one that leads out of the folder, and what is no list at all."""
    file = saved[1].path / "weights.safetensors"
    save_file(load_file(file), file, {"fer_models": json.dumps(about)})
    fix_hash(saved[1].path)
    with pytest.raises(UserError, match=sentence):
        read_checkpoint(saved[1].path)


def damage_missing_weights(folder):
    (folder / "weights.safetensors").unlink()


def damage_missing_config(folder):
    (folder / "config.json").unlink()


def damage_flipped_byte(folder):
    data = bytearray((folder / "weights.safetensors").read_bytes())
    data[-100] ^= 1
    (folder / "weights.safetensors").write_bytes(data)


def damage_cut_off(folder):
    data = (folder / "weights.safetensors").read_bytes()
    (folder / "weights.safetensors").write_bytes(data[: len(data) // 2])


def damage_pickle(folder):
    (folder / "weights.safetensors").write_bytes(pickle.dumps(_Bomb()))
    fix_hash(folder)


def damage_json(folder):
    (folder / "config.json").write_text("{")


def damage_network(folder):
    edit(folder, network="fcsdnet", options={})


def damage_unknown_network(folder):
    edit(folder, network="magic")


def damage_format(folder):
    edit(folder, format=99)


class _Bomb:
    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


def edit(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def fix_hash(folder):
    import hashlib

    edit(folder, weights_sha256=hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest())


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (damage_missing_weights, "no weights.safetensors"),
        (damage_missing_config, "no config.json"),
        (damage_flipped_byte, "SHA-256"),
        (damage_cut_off, "of ck is damaged, or was cut off"),
        (damage_pickle, "not a safetensors file"),
        (damage_json, "it is not JSON"),
        (damage_network, "saved with 'mini_xception'"),
        (damage_unknown_network, "magic"),
        (damage_format, "format"),
    ],
)
def test_damaged_folders_are_named(saved, damage, words, monkeypatch):
    folder = saved[1].path
    damage(folder)
    with pytest.raises(UserError, match=words):
        load_checkpoint(folder)


def test_a_damaged_network_of_a_run_is_called_by_the_run(saved, tmp_path):
    best = tmp_path / "a-run" / "checkpoints" / "best"
    shutil.copytree(saved[1].path, best)
    (tmp_path / "a-run" / "recipe.json").write_text("{}")
    damage_flipped_byte(best)
    with pytest.raises(UserError, match="weights of a-run are not the ones"):
        load_checkpoint(best)
    damage_json(best)
    with pytest.raises(UserError, match=r"config.json of a-run is damaged"):
        load_checkpoint(best)
    damage_cut_off(best)
    damage_missing_config(best)
    with pytest.raises(UserError, match="checkpoint a-run has no"):
        load_checkpoint(best)


def test_no_room_keeps_the_earlier_checkpoint(saved, monkeypatch):
    model, checkpoint = saved

    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fer_models.weights.save_file", full)
    with pytest.raises(UserError, match="free some disk space"):
        save_checkpoint(checkpoint.path, model, FER7, checkpoint.preprocess)
    assert read_checkpoint(checkpoint.path) == checkpoint
    assert [p.name for p in checkpoint.path.parent.iterdir()] == ["ck"]


@pytest.mark.parametrize(
    ("name", "words"), [("own.pt", "PyTorch file"), ("own.h5", "Keras"), ("x.safetensors", "configuration")]
)
def test_weights_of_other_programs_are_named(tmp_path, name, words):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(UserError, match=f"{name} is .*{words}"):
        read_checkpoint(tmp_path / name)


def test_weights_of_a_parallel_wrapper_are_named(saved):
    model, checkpoint = saved
    about = safe_open(checkpoint.path / "weights.safetensors", "pt").metadata()
    prefixed = {f"module.{name}": value.contiguous() for name, value in model.state_dict().items()}
    save_file(prefixed, checkpoint.path / "weights.safetensors", about)
    with pytest.raises(UserError, match="as torch's DataParallel names them"):
        load_checkpoint(checkpoint.path)
