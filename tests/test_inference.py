"""Whatever is faster gives the same logits, and what cannot be used is said in words."""

from __future__ import annotations

import builtins
import copy
import json
import logging
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from torch import nn

from fer_models import create_model, load_checkpoint
from fer_models.checkpoint import save_checkpoint
from fer_models.classifier import Classifier
from fer_models.errors import UserError
from fer_models.inference import FOLDED, ONNX, PLAIN, WINOGRAD, forwards, onnx_runtime
from fer_models.inference.choose import Choice, take_turns
from fer_models.inference.fold import fold_batch_norms
from fer_models.labels import FER7
from fer_models.latency.measure import Subject, batch_size, measure
from fer_models.preprocess import Preprocess

#: Dense, separable, inverted bottlenecks with sigmoid-weighted units, token attention; each exports in about a second.
NETWORKS = ("fcsdnet", "separable_attention", "efficientnet_b2", "dcnn_bilstm_student")


def trained_like(name: str, **options: object) -> nn.Module:
    """A network whose batch norms have seen something, so that folding has something to get wrong."""
    torch.manual_seed(3)
    model = create_model(name, 7, 1, **options).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.7, 1.4)
    return model.place("cpu")


def pictures(count: int, size: int = 48) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, size, size), dtype=np.uint8)


@pytest.fixture
def classifier(tmp_path: Path) -> Classifier:
    save_checkpoint(tmp_path / "ck", trained_like("fcsdnet"), FER7, Preprocess(48, 1))
    return load_checkpoint(tmp_path / "ck")


@pytest.mark.parametrize("name", NETWORKS)
def test_every_way_gives_the_logits_of_plain_torch(name: str) -> None:
    model = trained_like(name)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    ways, notes = forwards.forwards(model, forwards.example_batch(4, 1, 48))
    winograd = [WINOGRAD] if name == "separable_attention" else []  # the only one here with wide 3 x 3 convolutions
    assert [way.name for way in ways] == [PLAIN, FOLDED, *winograd, ONNX], notes
    real = Preprocess(48, 1)(pictures(5))
    with torch.no_grad():
        expected = model(real)
        embedding = model.forward_head(model.forward_features(real), pre_logits=True)
    for way in ways:
        for batch in (real, real[:1]):
            logits, features = way(batch)
            assert (logits - expected[: len(batch)]).abs().max() <= 1e-4, way.name
            torch.testing.assert_close(features, embedding[: len(batch)], atol=1e-4, rtol=1e-4)
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_only_a_norm_that_alone_reads_a_convolution_is_folded() -> None:
    class Forked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.norm_one = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4)
            self.two, self.norm_two = nn.Conv2d(4, 4, 3, bias=False), nn.BatchNorm2d(4)
            self.twice, self.norm_twice = nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.two(self.norm_one(self.one(x)).relu())
            x = self.norm_two(x) + x  # the convolution's output is read by two
            return self.norm_twice(self.twice(self.twice(x)))  # the first run's output has no norm

    model = Forked().eval()
    for module in (model.norm_one, model.norm_two, model.norm_twice):
        module.running_mean.normal_()
        module.running_var.uniform_(0.5, 2)
        nn.init.uniform_(module.weight, 0.5, 2)
        nn.init.normal_(module.bias)
    x = torch.randn(2, 1, 12, 12)
    folded, count = fold_batch_norms(model, x)
    assert count == 1
    assert isinstance(folded.norm_one, nn.Identity)
    assert isinstance(folded.norm_two, nn.BatchNorm2d) and isinstance(folded.norm_twice, nn.BatchNorm2d)
    assert isinstance(model.norm_one, nn.BatchNorm2d)
    torch.testing.assert_close(folded(x), model(x), atol=1e-5, rtol=1e-5)


def test_folding_that_changes_a_logit_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(network: nn.Module, example: torch.Tensor) -> tuple[nn.Module, int]:
        broken = copy.deepcopy(network)
        broken.classifier.bias.data += 2e-4
        return broken, 1

    monkeypatch.setattr(forwards, "fold_batch_norms", wrong)
    ways, notes = forwards.forwards(trained_like("mini_xception"), forwards.example_batch(2, 1, 48), onnx=False)
    assert [way.name for way in ways] == [PLAIN]
    assert notes == ["Batch norms are not folded: that would change a logit by more than 0.0001."]


def test_an_export_silences_only_the_exporters(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    exporter = logging.getLogger("torch.onnx._internal.exporter._registration")
    before = exporter.getEffectiveLevel()

    def export(module: nn.Module, example: torch.Tensor) -> bytes:
        logging.getLogger("fer_models.training").warning("another thread")
        assert not exporter.isEnabledFor(logging.ERROR)
        return b""

    monkeypatch.setattr(onnx_runtime, "_traced", export)
    onnx_runtime.export_bytes(nn.Identity(), torch.zeros(1))
    said = [(record.name, record.message) for record in caplog.records]  # threads of earlier tests may say more
    assert ("fer_models.training", "another thread") in said
    assert not any(name.startswith("torch.onnx") for name, _ in said)
    assert exporter.getEffectiveLevel() == before


def test_a_classifier_is_plain_until_it_is_optimised(classifier: Classifier) -> None:
    faces = pictures(20)
    before, flipped = classifier.predict(faces), classifier.predict(faces, averaging="flip")
    assert classifier.choice is None
    choice = classifier.optimise()
    assert classifier.optimise() is choice, "it is done once"
    assert choice.name(1) == min(choice.seconds[1], key=choice.seconds[1].__getitem__)
    assert set(choice.seconds[1]) == {PLAIN, FOLDED, ONNX} and choice.notes == ()
    after = classifier.predict(faces)
    assert np.abs(after.logits - before.logits).max() <= 1e-4
    np.testing.assert_allclose(after.embedding, before.embedding, atol=1e-4)
    assert np.abs(classifier.predict(faces, averaging="flip").logits - flipped.logits).max() <= 1e-4
    exact = classifier.predict(faces, exact=True)
    assert np.array_equal(exact.logits, before.logits) and np.array_equal(exact.embedding, before.embedding)
    assert classifier.predict([]).logits.shape == (0, 7)


def test_optimising_in_the_background(classifier: Classifier) -> None:
    thread = classifier.optimise_later()
    while thread.is_alive():
        assert classifier.predict(pictures(1)).logits.shape == (1, 7)
    assert classifier.choice is not None
    # Predictions of a copy go on while an explanation holds the model.
    with classifier.exclusive():
        done: list[int] = []
        other = classifier.optimise_later()  # also this one has nothing to wait for
        other.join(5)
        assert not other.is_alive()
        done.append(len(classifier.predict(pictures(1)).logits))
    assert done == [1]


def test_without_onnxruntime_it_goes_on(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: object, **more: object) -> object:
        if name == "onnxruntime":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    choice = classifier.optimise()
    assert choice.notes == ("onnxruntime is not used. onnxruntime is not installed; run: pip install onnxruntime",)
    assert choice.name(1) in (PLAIN, FOLDED)
    assert classifier.predict(pictures(2)).logits.shape == (2, 7)


def test_a_network_that_cannot_be_exported_goes_on(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(torch.onnx, "export", fail)
    with pytest.raises(UserError, match=r"cannot be exported to ONNX \(RuntimeError\)"):
        onnx_runtime.export_bytes(classifier.model, torch.zeros(2, 1, 48, 48))
    (note,) = classifier.optimise().notes
    assert note.startswith("onnxruntime is not used. This network cannot be exported")


def test_another_size_of_batch_is_checked_and_a_wrong_answer_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def fixed(self: object, batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.zeros(4, 7), torch.zeros(4, 512)

    monkeypatch.setattr(onnx_runtime.OnnxForward, "__call__", fixed)
    ways, notes = forwards.forwards(trained_like("fcsdnet"), forwards.example_batch(4, 1, 48))
    assert ONNX not in [way.name for way in ways]
    assert notes[0].startswith("onnxruntime is not used. Its logits differ by up to")


def test_the_way_fits_the_batch() -> None:
    choice = Choice({1: "a", 16: "b"})
    assert [choice.name(size) for size in (1, 2, 15, 16, 64)] == ["a", "a", "a", "b", "b"]
    assert Choice({16: "b"}).name(1) == "b"


def test_turns_are_taken_one_after_the_other() -> None:
    order: list[str] = []
    times = take_turns({n: lambda n=n: order.append(n) for n in "ab"}, seconds=0, most=9, least=3, warm_up=2)
    assert order == ["a", "b"] * 5
    assert {name: len(values) for name, values in times.items()} == {"a": 3, "b": 3}
    assert len(take_turns({"a": lambda: None}, seconds=60, most=4)["a"]) == 4


def test_a_measurement_is_complete() -> None:
    subject = Subject("separable_attention", {}, 1, 48, 51_000_000)
    stages: list[str] = []
    cost = measure(subject, lambda _, stage: stages.append(stage), seconds=0.05)
    assert {PLAIN, FOLDED} <= set(cost.milliseconds) == set(cost.per_second)
    assert cost.milliseconds[cost.fastest] == min(cost.milliseconds.values()) > 0
    assert cost.per_second[cost.fastest_many] == max(cost.per_second.values())
    assert cost.batch == 64 and stages[0] == "memory" and "64 at a time" in stages
    with pytest.raises(UserError, match="at least"):
        measure(Subject("separable_attention", {}, 1, 4, 1), lambda _, stage: stages.append(stage))


def test_large_networks_run_in_smaller_batches() -> None:
    assert [batch_size(macs) for macs in (5_000_000, 2_000_000_000, 30_000_000_000, 10**15)] == [64, 64, 4, 1]


def test_the_worker_measures_in_processes_of_their_own() -> None:
    subjects = [
        {"network": "separable_attention", "options": {}, "channels": 1, "size": 48, "macs": 51_000_000},
        {"network": "sldcnn", "options": {}, "channels": 1, "size": 8, "macs": 1},
    ]
    worker = subprocess.Popen(
        [sys.executable, "-m", "fer_models.latency.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert worker.stdin is not None and worker.stdout is not None
    worker.stdin.write(json.dumps({"threads": 1, "subjects": subjects}) + "\n")
    worker.stdin.flush()
    messages = [json.loads(line) for line in worker.stdout]
    assert worker.wait(10) == 0
    (cost,) = [m["cost"] for m in messages if "cost" in m]
    assert cost["threads"] == 1 and cost["milliseconds"][cost["fastest"]] > 0
    assert cost["memory"] is None or cost["memory"] > 1_000_000
    assert [m["index"] for m in messages if "problem" in m] == [1]
    assert any("stage" in m for m in messages)


@pytest.mark.parametrize("how", ["closed", "killed"])
def test_the_worker_ends_with_the_app_and_its_child_with_it(how: str) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "fer_models.latency.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert worker.stdin is not None
    subject = {"network": "vgg_fer", "options": {}, "channels": 1, "size": 224, "macs": 1}
    worker.stdin.write(json.dumps({"subjects": [subject] * 50}) + "\n")
    worker.stdin.flush()
    children: list[psutil.Process] = []
    while not children:
        assert worker.poll() is None
        children = psutil.Process(worker.pid).children()
        time.sleep(0.01)
    if how == "closed":
        worker.stdin.close()
    else:
        worker.kill()
    assert worker.wait(60) != 0
    assert psutil.wait_procs(children, timeout=10)[1] == []
