"""``fer export-onnx``: a file that says what it is, and is kept only if it answers as torch does."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from fer_models import create_model, load_checkpoint
from fer_models.checkpoint import save_checkpoint
from fer_models.cli import main
from fer_models.exchange import onnx_export
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    model = create_model("mini_xception", 7, 3)
    preprocess = Preprocess(48, 3, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    folder = tmp_path_factory.mktemp("onnx") / "colour"
    return save_checkpoint(folder, model, FER7, preprocess, provenance={"data": "fer2013"}).path


@pytest.fixture(scope="module", autouse=True)
def exported_once() -> Iterator[None]:
    """All tests here export the same network, which takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        export = onnx_export.export_bytes
        made: list[bytes] = []

        def once(module: torch.nn.Module, example: torch.Tensor) -> bytes:
            if not made:
                made.append(export(module, example))
            return made[0]

        patch.setattr(onnx_export, "export_bytes", once)
        yield


def test_the_file_says_what_it_is_and_takes_any_number_of_faces(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "network.onnx"
    assert main(["export-onnx", str(checkpoint), str(file)]) == 0
    assert "differ by at most" in capsys.readouterr().out
    model = onnx.load(file)
    onnx.checker.check_model(model)
    said = {entry.key: entry.value for entry in model.metadata_props}
    assert said["classes"] == ",".join(FER7)
    assert said["preprocessing"].startswith("RGB, 48 x 48 pixels, (pixel / 255 - [0.485, 0.456, 0.406])")
    assert "FER2013" in said["licence"]
    assert Preprocess.from_dict(json.loads(said[onnx_export.ENTRY])["preprocess"]).channels == 3
    classifier = load_checkpoint(checkpoint)
    session = onnxruntime.InferenceSession(str(file))
    faces = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 3), np.uint8)
    for count in (1, 3):
        logits, _ = session.run(None, {"pictures": classifier.prepare(faces[:count]).contiguous().numpy()})
        np.testing.assert_allclose(logits, classifier.predict(faces[:count], exact=True).logits, atol=1e-4)


def test_a_file_that_answers_otherwise_is_not_kept(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    export = onnx_export.export_bytes

    def broken(module: torch.nn.Module, example: torch.Tensor) -> bytes:
        model = onnx.load_from_string(export(module, example))
        weights = next(w for w in model.graph.initializer if len(w.dims) == 4)
        weights.CopyFrom(onnx.numpy_helper.from_array(1.1 * onnx.numpy_helper.to_array(weights), weights.name))
        return bytes(model.SerializeToString())

    monkeypatch.setattr(onnx_export, "export_bytes", broken)
    file = tmp_path / "network.onnx"
    file.write_text("the old one")
    assert main(["export-onnx", str(checkpoint), str(file)]) == 2
    assert "was not written" in capsys.readouterr().err
    assert file.read_text() == "the old one" and [entry.name for entry in tmp_path.iterdir()] == ["network.onnx"]


def test_a_licence_can_be_given(checkpoint: Path, tmp_path: Path) -> None:
    file = tmp_path / "network.onnx"
    assert main(["export-onnx", str(checkpoint), str(file), "--licence", "CC BY 4.0"]) == 0
    assert {entry.key: entry.value for entry in onnx.load(file).metadata_props}["licence"] == "CC BY 4.0"
