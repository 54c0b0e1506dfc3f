"""ONNX files become checkpoints that predict; what needs gradients is refused with the reason."""

import copy
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from fer_models import create_model, load_checkpoint
from fer_models.checkpoint import read_checkpoint, save_checkpoint
from fer_models.classifier import Classifier
from fer_models.cli import main
from fer_models.complexity import count
from fer_models.errors import UserError
from fer_models.explain import EXPLAINERS, default_layer, explain, layer_sizes, unsupported_methods, usual_method
from fer_models.explain.trust.card import trust_card
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess

FACES = np.random.default_rng(0).integers(0, 256, (3, 48, 48), np.uint8)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Classifier, Classifier]:
    """One of our networks, and the same after export and import."""
    folder = tmp_path_factory.mktemp("onnx")
    torch.manual_seed(0)
    ours = save_checkpoint(folder / "ours", create_model("mini_xception", 7, 1), FER7, Preprocess(crop_margin=0.2))
    assert main(["export-onnx", str(ours.path), str(folder / "network.onnx")]) == 0
    assert main(["import", str(folder / "network.onnx"), "--out", str(folder / "again")]) == 0
    return load_checkpoint(ours.path), load_checkpoint(folder / "again")


def test_an_export_of_ours_comes_back_without_a_word(pair: tuple[Classifier, Classifier]) -> None:
    ours, again = pair
    assert again.checkpoint.preprocess == ours.checkpoint.preprocess and again.classes == ours.classes
    before, after = ours.predict(FACES, exact=True), again.predict(FACES)
    np.testing.assert_allclose(after.logits, before.logits, atol=1e-4)
    np.testing.assert_allclose(after.embedding, before.embedding, atol=1e-4)
    again.optimise()
    np.testing.assert_array_equal(again.predict(FACES).logits, after.logits)
    np.testing.assert_array_equal(copy.deepcopy(again.model)(again.prepare(FACES)), after.logits)
    assert again.predict(np.zeros((0, 48, 48), np.uint8)).embedding.shape == (0, before.embedding.shape[1])


def test_what_needs_layers_or_gradients_is_refused(pair: tuple[Classifier, Classifier]) -> None:
    again = pair[1]
    reasons = unsupported_methods(again)
    assert set(EXPLAINERS) - set(reasons) == {"occlusion", "rise"}
    assert all("ONNX" in reason and reason.endswith(".") for reason in reasons.values())
    assert usual_method(again) == "occlusion" and layer_sizes(again.model, (48, 48)) == {}
    with pytest.raises(UserError, match="no layer"):
        default_layer(again.model, 48)
    with pytest.raises(UserError, match="gradients"):
        explain(again, again.prepare(FACES), "grad_cam")
    with pytest.raises(UserError, match="cannot be trained"):
        again.model.reset_classifier(3)
    assert count(again.model, (1, 48, 48)).macs == 0


def test_occlusion_and_the_trust_card_work_as_with_torch(pair: tuple[Classifier, Classifier]) -> None:
    again = pair[1]
    batch = again.prepare(FACES[:1])
    options = {"window": 1 / 3, "stride": 1 / 3}
    first, second = (explain(each, batch, "occlusion", 3, **options) for each in pair)
    np.testing.assert_allclose(second.values, first.values, atol=1e-4)
    card = trust_card(again, batch, second, maps=10)
    assert np.isnan(card.figures["likeness"]) and "depends on what" not in card.sentence


def graph(shape: list[object], outputs: dict[str, int], softmax: bool) -> onnx.ModelProto:
    """A network of another program: the mean of the image times weights, one linear layer for each output."""
    axes = [1, 2] if shape[3] == 3 else [2, 3]
    nodes = [helper.make_node("ReduceMean", ["image"], ["mean"], axes=axes, keepdims=0)]
    weights = []
    for name, width in outputs.items():
        values = np.random.default_rng(width).normal(size=(3, width)).astype(np.float32)
        weights.append(onnx.numpy_helper.from_array(values, f"{name} weights"))
        nodes.append(helper.make_node("MatMul", ["mean", f"{name} weights"], [f"{name} raw" if softmax else name]))
        if softmax:
            nodes.append(helper.make_node("Softmax", [f"{name} raw"], [name], axis=1))
    given = [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)]
    made = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [shape[0], width]) for name, width in outputs.items()
    ]
    whole = helper.make_graph(nodes, "network", given, made, weights)
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def bring(file: Path, *more: str, classes: str = ",".join(FER7)) -> int:
    size = ("--size", "48", "--channels", "3", *more)
    return main(["import", str(file), "--classes", classes, *size, "--out", str(file.parent / "imported")])


def test_a_file_of_keras_takes_one_image_channels_last_and_gives_probabilities(tmp_path: Path) -> None:
    file = tmp_path / "keras.onnx"
    model = graph([1, 48, 48, 3], {"dense": 7}, softmax=True)
    onnx.save(model, file)
    assert bring(file, "--mean", "0", "--std", "1") == 0
    classifier = load_checkpoint(tmp_path / "imported")
    options = classifier.model.options
    assert options.channels_last and options.probabilities and options.one_by_one and not options.embedding
    faces = np.random.default_rng(1).integers(0, 256, (2, 48, 48, 3), np.uint8)
    prediction = classifier.predict(faces)
    weights = onnx.numpy_helper.to_array(model.graph.initializer[0])
    raw = (faces / 255).mean((1, 2)) @ weights
    expected = np.exp(raw) / np.exp(raw).sum(1, keepdims=True)
    np.testing.assert_allclose(prediction.probabilities, expected, atol=1e-4)
    np.testing.assert_array_equal(prediction.embedding, prediction.logits)


def test_a_second_output_is_the_embedding(tmp_path: Path) -> None:
    onnx.save(graph(["batch", 3, 48, 48], {"embedding": 16, "scores": 7}, softmax=False), tmp_path / "two.onnx")
    assert bring(tmp_path / "two.onnx") == 0
    prediction = load_checkpoint(tmp_path / "imported").predict(np.zeros((2, 48, 48, 3), np.uint8))
    assert prediction.embedding.shape == (2, 16) and prediction.logits.shape == (2, 7)


def test_faults_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "network.onnx"
    onnx.save(graph(["batch", 3, 48, 48], {"scores": 7}, softmax=False), file)
    assert bring(file, classes="happy,sad") == 2
    assert "no output with 2 scores; its outputs are: scores 7" in capsys.readouterr().err
    assert main(["import", str(file), "--out", str(tmp_path / "imported")]) == 2
    assert "does not describe its network" in capsys.readouterr().err
    onnx.save(graph([1, 3, 64, 64], {"scores": 7}, softmax=False), file)
    assert bring(file) == 2
    assert "give its size and channels" in capsys.readouterr().err
    onnx.save(graph([1, 3, 48, 48], {"scores": 7}, softmax=False), file, save_as_external_data=True, size_threshold=0)
    assert bring(file) == 2
    assert "another file" in capsys.readouterr().err
    assert not (tmp_path / "imported").exists()


def test_a_graph_that_was_changed_is_refused(pair: tuple[Classifier, Classifier]) -> None:
    checkpoint = read_checkpoint(pair[1].checkpoint.path)
    assert checkpoint.build().graph.numel() == checkpoint.options["bytes"]
    assert checkpoint.size > checkpoint.options["bytes"]
