"""What a weight file says of itself, what is refused before it takes memory, and how old files are migrated."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from peak_memory import memory_rises_less_than
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from fer_models.architectures import create_model
from fer_models.checkpoint import Checkpoint, read_checkpoint, save_checkpoint
from fer_models.classifier import load_checkpoint
from fer_models.cli import main
from fer_models.ensemble import combine
from fer_models.errors import UserError
from fer_models.labels import FER7
from fer_models.migration import is_old, migrate
from fer_models.preprocess import Preprocess
from fer_models.weights import WEIGHTS, file_sha256


def saved(folder: Path, seed: int = 0) -> Checkpoint:
    torch.manual_seed(seed)
    return save_checkpoint(folder, create_model("mini_xception"), FER7, Preprocess())


def edit(folder: Path, **changes: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def rewrite(folder: Path, about: dict[str, object] | None = None, **tensors: torch.Tensor) -> None:
    """Write the weights again, with other metadata or tensors, under a hash that fits."""
    with safe_open(folder / WEIGHTS, "pt") as weights:
        kept = json.loads(weights.metadata()["fer_models"])
    state = load_file(folder / WEIGHTS) | tensors
    save_file(state, folder / WEIGHTS, {"fer_models": json.dumps(kept if about is None else about)})
    edit(folder, weights_sha256=file_sha256(folder / WEIGHTS))


def age(folder: Path) -> None:
    """The form of version 0.2: the file names the network and its options alone."""
    with safe_open(folder / WEIGHTS, "pt") as weights:
        kept = json.loads(weights.metadata()["fer_models"])
    rewrite(folder, {name: kept[name] for name in ("network", "options")})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("classes", [*FER7[4:], *FER7[:4]]),
        ("classes", ["a", "b"]),
        ("preprocess", Preprocess(mean=0.0, std=1.0).to_dict()),
        ("in_channels", 3),
        ("options", {"attention": "se"}),
        ("network", "hog"),
    ],
)
def test_a_configuration_that_disagrees_with_the_weights_is_refused(tmp_path: Path, field: str, value: object) -> None:
    saved(tmp_path / "one")
    edit(tmp_path / "one", **{field: value})
    with pytest.raises(UserError, match=f"gives the {field} .* its weights were saved with"):
        read_checkpoint(tmp_path / "one")


def test_the_hash_covers_classes_and_preprocessing(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = create_model("mini_xception")
    hashes = {
        save_checkpoint(tmp_path / str(number), model, classes, preprocess).sha256
        for number, (classes, preprocess) in enumerate(
            [(FER7, Preprocess()), (FER7[::-1], Preprocess()), (FER7, Preprocess(size=64))]
        )
    }
    assert len(hashes) == 3


def test_options_that_ask_for_more_than_the_file_holds_take_no_memory(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = create_model("vgg_fer", num_classes=7)
    save_checkpoint(tmp_path / "one", model, FER7, Preprocess(size=48))
    age(tmp_path / "one")
    start = time.monotonic()
    with memory_rises_less_than(700):  # the file alone has 120 MB
        rewrite(tmp_path / "one", {})
        edit(tmp_path / "one", network="cldcnn", options={"depth": 100, "growth": 200})
        with pytest.raises(UserError, match=r"do not fit cldcnn|must be"):
            read_checkpoint(tmp_path / "one").build()
        edit(tmp_path / "one", network="mini_xception", options={}, classes=[f"class {n}" for n in range(10**6)])
        with pytest.raises(UserError, match="do not fit"):
            read_checkpoint(tmp_path / "one").build()
    assert time.monotonic() - start < 20


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path / "one").path
    name, values = next((n, v) for n, v in load_file(folder / WEIGHTS).items() if v.is_floating_point())
    rewrite(folder, None, **{name: torch.full_like(values, float("nan"))})
    with pytest.raises(UserError, match=f"weights of one hold NaN or infinity .first in {name}"):
        load_checkpoint(folder)


@pytest.mark.parametrize(("value", "dtype"), [(float("nan"), "float32"), (1e6, "float16")])
def test_a_network_that_diverged_is_not_saved(tmp_path: Path, value: float, dtype: str) -> None:
    model = create_model("mini_xception")
    with torch.no_grad():
        next(model.parameters()).fill_(value)
    with pytest.raises(UserError, match=f"NaN or infinity as {dtype}"):
        save_checkpoint(tmp_path / "one", model, FER7, Preprocess(), dtype=dtype)
    assert not (tmp_path / "one").exists()


def test_outputs_that_are_no_numbers_are_an_error(tmp_path: Path) -> None:
    classifier = load_checkpoint(saved(tmp_path / "one").path)
    with torch.no_grad():
        for parameter in classifier.model.parameters():
            parameter.mul_(1e30)
    with pytest.raises(UserError, match="one gives NaN or infinity"):
        classifier.predict(np.full((1, 48, 48), 128, np.uint8))


def test_old_checkpoints_are_read_and_migrated_with_their_ensemble(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = [saved(tmp_path / name, seed) for seed, name in enumerate(("first", "second"))]
    whole = combine(members, tmp_path / "whole")
    parts = {f"members.{n}.": member for n, member in enumerate(members)}
    save_checkpoint(tmp_path / "apart", whole.build(), FER7, Preprocess(), beside=parts)
    faces = np.random.default_rng(0).integers(0, 255, (2, 48, 48), np.uint8)
    before = load_checkpoint(tmp_path / "apart").predict(faces).logits
    (members[0].path / "card.md").write_text(f"SHA-256 of the weights: `{members[0].sha256}`.")
    for name in ("first", "second"):
        old = read_checkpoint(tmp_path / name).sha256
        age(tmp_path / name)
        new = read_checkpoint(tmp_path / name).sha256
        for file in (tmp_path / name / "card.md",):
            file.write_text(file.read_text().replace(old, new))
    with safe_open(tmp_path / "apart" / WEIGHTS, "pt") as weights:
        about = json.loads(weights.metadata()["fer_models"])
    about["beside"] = {p: [m.name, read_checkpoint(m.path).sha256] for p, m in parts.items()}
    rewrite(tmp_path / "apart", {name: about[name] for name in ("network", "options", "beside")})
    assert all(is_old(tmp_path / name) for name in ("first", "second", "apart")) and not is_old(tmp_path / "whole")
    assert np.array_equal(load_checkpoint(tmp_path / "apart").predict(faces).logits, before)

    assert main(["migrate", str(tmp_path)]) == 0
    assert "3 of 4 rewritten" in capsys.readouterr().out
    assert not any(is_old(folder) for folder in tmp_path.iterdir())
    assert np.array_equal(load_checkpoint(tmp_path / "apart").predict(faces).logits, before)
    assert read_checkpoint(tmp_path / "first").sha256 in (tmp_path / "first" / "card.md").read_text()
    assert migrate(list(tmp_path.iterdir())) == {}
    edit(tmp_path / "first", classes=[*FER7[1:], FER7[0]])
    with pytest.raises(UserError, match="gives the classes"):
        load_checkpoint(tmp_path / "first")


def test_migration_refuses_what_is_no_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", str(tmp_path)]) == 2 and "not a checkpoint folder" in capsys.readouterr().err
    saved(tmp_path / "one")
    age(tmp_path / "one")
    edit(tmp_path / "one", weights_sha256="0" * 64)
    with pytest.raises(UserError, match="not the ones that were saved"):
        migrate([tmp_path / "one"])
