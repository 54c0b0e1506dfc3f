"""``fer import``: weights of other programs become a checkpoint, and what does not fit is named."""

import json
import pickle
import shutil
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from foreign_networks import convolutional, functional, small_resnet
from safetensors.torch import save_file
from torch import nn

from fer_models import create_model, load_checkpoint
from fer_models.architectures import builder
from fer_models.checkpoint import read_checkpoint
from fer_models.cli import main
from fer_models.errors import UserError
from fer_models.exchange import weight_file
from fer_models.explain import EXPLAINERS, explain, unsupported_methods
from fer_models.labels import FER7

NAMES = "anger,disgust,fear,happiness,sadness,surprise,neutral"
RESNET = "foreign_networks:small_resnet"
SIZE = ["--size", "64", "--channels", "3", "--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return small_resnet(7).eval()


def bring(file: Path, network: str, *more: str, classes: str = NAMES) -> tuple[int, Path]:
    folder = file.parent / "imported"
    arguments = ["import", str(file), "--network", network, "--classes", classes, "--out", str(folder), *more]
    return main(arguments), folder


def refused(capsys: pytest.CaptureFixture[str], file: Path, network: str, *more: str, classes: str = NAMES) -> str:
    code, folder = bring(file, network, *more, classes=classes)
    assert code == 2 and not folder.exists()
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and "Traceback" not in message
    return message


@pytest.mark.parametrize("kind", ["plain", "parallel", "nested", "safetensors"])
def test_a_network_of_another_package_answers_as_it_did(kind: str, network: nn.Module, tmp_path: Path) -> None:
    file = tmp_path / ("weights.safetensors" if kind == "safetensors" else "weights.pt")
    state = network.state_dict()
    if kind == "safetensors":
        save_file(state, file)
    elif kind == "plain":
        torch.save(state, file)
    else:
        parallel = nn.DataParallel(network).state_dict()
        torch.save({"epoch": 3, "state_dict": parallel} if kind == "nested" else parallel, file)
    code, folder = bring(file, RESNET, *SIZE)
    assert code == 0
    checkpoint = read_checkpoint(folder)
    assert checkpoint.classes == FER7 and checkpoint.metrics == [] and checkpoint.accuracy() is None
    assert checkpoint.provenance["imported"]["network"] == RESNET
    classifier = load_checkpoint(folder)
    faces = np.random.default_rng(0).integers(0, 256, (3, 80, 70, 3), np.uint8)
    with torch.no_grad():
        expected = network(checkpoint.preprocess(faces))
    np.testing.assert_allclose(classifier.predict(faces, exact=True).logits, expected, atol=1e-5)
    assert classifier.predict(faces).embedding.shape == (3, 16)
    classifier.optimise()
    np.testing.assert_allclose(classifier.predict(faces).logits, expected, atol=1e-4)


def test_its_layers_have_maps_and_every_kind_of_method_runs(network: nn.Module, tmp_path: Path) -> None:
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    classifier = load_checkpoint(bring(tmp_path / "weights.pt", RESNET, *SIZE)[1])
    assert list(classifier.model.cam_layers) == ["layer 2", "layer 1"]
    batch = classifier.prepare(np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8))
    assert unsupported_methods(classifier) == {}
    for method in ("layer_cam", "guided_backprop", "lrp", "deep_lift", "full_grad"):
        assert np.isfinite(explain(classifier, batch, method, "happy").values).all(), method
    assert explain(classifier, batch, "grad_cam", 0).layer == "layer 2"
    by_path = explain(classifier, batch, "grad_cam", 0, layer="layer1")  # as the network's own code calls it
    assert by_path.layer == "layer 1"
    with pytest.raises(UserError, match="choose one of: layer 2, layer 1"):
        explain(classifier, batch, "grad_cam", 0, layer="layer9")
    again = main(["export-onnx", str(classifier.checkpoint.path), str(tmp_path / "network.onnx")])
    assert again == 0


def test_softmax_at_the_end_is_left_out_and_relu_as_a_function_is_known(tmp_path: Path) -> None:
    network = functional().eval()
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    code, folder = bring(tmp_path / "weights.pt", "foreign_networks:functional", "--size", "48", "--channels", "3")
    assert code == 0
    classifier = load_checkpoint(folder)
    faces = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 3), np.uint8)
    with torch.no_grad():
        expected = network(classifier.checkpoint.preprocess(faces)).exp()
    np.testing.assert_allclose(classifier.predict(faces).probabilities, expected, atol=1e-5)
    reasons = unsupported_methods(classifier)
    assert "applies ReLU as a function" in reasons["guided_backprop"]


def test_scores_of_a_convolution_are_their_own_embedding(tmp_path: Path) -> None:
    network = convolutional()
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    code, folder = bring(tmp_path / "weights.pt", "foreign_networks:convolutional", "--size", "48", "--channels", "3")
    assert code == 0
    prediction = load_checkpoint(folder).predict(np.zeros((1, 48, 48, 3), np.uint8))
    np.testing.assert_array_equal(prediction.logits, prediction.embedding)


def test_one_of_ours_with_options(tmp_path: Path) -> None:
    torch.save(create_model("mini_xception", 7, 1, attention="se").state_dict(), tmp_path / "w.pth")
    size = ("--size", "48", "--channels", "1")
    code, folder = bring(tmp_path / "w.pth", "mini_xception:attention=se", *size)
    assert code == 0 and read_checkpoint(folder).options["attention"] == "se"


def test_a_program_of_torch_export_gives_its_weights_and_is_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = create_model("mini_xception", 7, 1).eval()
    example = torch.rand(1, 1, 48, 48)
    file = tmp_path / "w.pt2"
    torch.export.save(torch.export.export(network, (example,)), file)
    size = ("--size", "48", "--channels", "1")
    code, folder = bring(file, "mini_xception", *size)
    assert code == 0
    with torch.no_grad():
        assert torch.equal(read_checkpoint(folder).build()(example), network(example))
    shutil.rmtree(folder)
    with zipfile.ZipFile(file) as whole:
        contents = {entry.filename: whole.read(entry) for entry in whole.infolist()}
    config = next(name for name in contents if name.endswith("model_weights_config.json"))
    changes = {
        "as a pickle": {config: contents[config].replace(b'"use_pickle": false', b'"use_pickle": true', 1)},
        "is damaged": {config.replace("model_weights_config.json", "weight_0"): b"\0" * 8},
        "older torch": {config: None},
        "not a program": {config: b"{}"},
    }
    for said, change in changes.items():
        with zipfile.ZipFile(file, "w") as changed:
            for name, content in {**contents, **change}.items():
                if content is not None:
                    changed.writestr(name, content)
        assert said in refused(capsys, file, "mini_xception", *size)


def test_weights_of_another_network_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = create_model("mini_xception", 7, 1, attention="se").state_dict()
    torch.save(state, tmp_path / "w.pt")
    message = refused(capsys, tmp_path / "w.pt", "mini_xception", "--size", "48", "--channels", "1")
    assert "left over are" in message and "missing" not in message
    message = refused(capsys, tmp_path / "w.pt", "hog_net", "--size", "48", "--channels", "1")
    assert "There is no network called 'hog_net'" in message
    torch.save(dict(list(state.items())[6:]), tmp_path / "w.pt")
    message = refused(capsys, tmp_path / "w.pt", "mini_xception:attention=se", "--size", "48", "--channels", "1")
    assert "missing are" in message and "left over" not in message


def test_faults_are_named(network: nn.Module, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "weights.pt"
    torch.save(network.state_dict(), file)
    eight = refused(capsys, file, RESNET, *SIZE, classes=NAMES + ",contempt")
    assert "gives 7 scores, but 8 class names were given" in eight
    assert "twice" in refused(capsys, file, RESNET, *SIZE, classes="happy,happiness,sad")
    assert "conv1.weight in weights.pt is (8, 3, 7, 7)" in refused(
        capsys, file, RESNET, "--size", "64", "--channels", "1"
    )
    assert "give --classes" in refused(capsys, file, RESNET, classes="")
    assert "not a torch.nn.Module" in refused(capsys, file, "foreign_networks:no_network", *SIZE)
    assert "has no function" in refused(capsys, file, "foreign_networks:nothing", *SIZE)
    assert "cannot be imported" in refused(capsys, file, "no_such_package:network", *SIZE)
    assert "probabilities, not scores" in refused(capsys, file, "foreign_networks:probabilities", *SIZE)
    for zoo in ("timm", "torchvision"):
        if find_spec(zoo) is None:
            assert f"pip install {zoo}" in refused(capsys, file, f"{zoo}:resnet18", *SIZE)
    assert "is not an option" in refused(capsys, file, "timm:resnet18:pretrained=true", *SIZE)
    state = network.state_dict()
    state["fc.bias"][2] = torch.nan
    torch.save(state, file)
    assert "NaN or infinity (first in fc.bias)" in refused(capsys, file, RESNET, *SIZE)


class Leaver:
    """What a pickle can do."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("pickle-was-run"),))  # type: ignore[return-value]


def test_files_of_other_kinds_are_never_opened(
    network: nn.Module, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = tmp_path / "whole.pt"
    torch.save(network, whole)
    assert "torch.save(network.state_dict()" in refused(capsys, whole, RESNET, *SIZE)
    torch.save({"state_dict": Leaver()}, whole)
    assert "would run code" in refused(capsys, whole, RESNET, *SIZE)
    whole.write_bytes(pickle.dumps(Leaver()))
    refused(capsys, whole, RESNET, *SIZE)
    assert not (tmp_path / "pickle-was-run").exists()
    for name, words in (("a.h5", "tf2onnx"), ("a.keras", "convert it to ONNX"), ("a.pt2", "not a program of")):
        (tmp_path / name).write_bytes(b"\x89HDF")
        assert words in refused(capsys, tmp_path / name, RESNET, *SIZE)
    for name in ("a.safetensors", "a.pt", "a.onnx"):
        (tmp_path / name).write_bytes(b"nothing")
        assert name in refused(capsys, tmp_path / name, RESNET, *SIZE)
    script = tmp_path / "script.pt"
    torch.jit.save(torch.jit.trace(network, torch.zeros(1, 3, 64, 64)), script)
    assert "TorchScript" in refused(capsys, script, RESNET, *SIZE)
    assert "No such file" in refused(capsys, tmp_path / "absent.pt", RESNET, *SIZE)


def test_a_file_too_large_is_refused_before_it_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "large.pt"
    with large.open("wb") as file:
        file.truncate(weight_file.LARGEST + 1)  # a hole, which takes no room
    assert "larger than 2 GB" in refused(capsys, large, RESNET, *SIZE)
    monkeypatch.setattr(weight_file, "LARGEST", 100_000)
    bomb = tmp_path / "bomb.pt"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data/0", bytes(1_000_000))
    assert "unpacks to more than" in refused(capsys, bomb, RESNET, *SIZE)


def test_a_checkpoint_from_elsewhere_runs_no_function_that_was_not_allowed(
    network: nn.Module, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    _, folder = bring(tmp_path / "weights.pt", RESNET, *SIZE)
    assert builder.allowed() == (RESNET,)
    monkeypatch.setenv("FER_CACHE", str(tmp_path / "another-computer"))
    assert read_checkpoint(folder).network == "imported"
    assert main(["predict", str(folder), "face.png"]) == 2
    assert f"fer import --allow {RESNET}" in capsys.readouterr().err
    assert main(["import", "--allow", RESNET]) == 0
    load_checkpoint(folder)
    assert json.loads((tmp_path / "another-computer" / "allowed-builders.json").read_text()) == [RESNET]
    assert main(["import", "--allow", "no function"]) == 2


def test_what_a_package_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "timm.py").write_text("import torchvision_of_nobody.models")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    with pytest.raises(UserError, match="timm needs torchvision_of_nobody, which is not installed"):
        builder._from_zoo("timm", "resnet18", {})


def test_a_resnet_of_timm(tmp_path: Path) -> None:
    timm = pytest.importorskip("timm")
    network = timm.create_model("resnet18", num_classes=7).eval()
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    code, folder = bring(tmp_path / "weights.pt", "timm:resnet18", *SIZE)
    assert code == 0
    classifier = load_checkpoint(folder)
    faces = np.zeros((1, 64, 64, 3), np.uint8)
    with torch.no_grad():
        expected = network(classifier.checkpoint.preprocess(faces))
    np.testing.assert_allclose(classifier.predict(faces, exact=True).logits, expected, atol=1e-4)
    assert "layer 4" in classifier.model.cam_layers


def test_methods_say_whether_they_need_gradients() -> None:
    assert {key for key, method in EXPLAINERS.items() if not method.needs_gradients} >= {"occlusion"}
