"""Pages with a network that is an ONNX file: what needs no gradient works, the rest says why not."""

from pathlib import Path

import torch
from app_driver import open_page
from streamlit.testing.v1 import AppTest

from fer_models import create_model
from fer_models.checkpoint import save_checkpoint
from fer_models.cli import main
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess


def clean(app: AppTest) -> None:
    assert not app.exception and not [error.value for error in app.error]


def test_what_needs_no_gradient_is_offered(app: AppTest, folders: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    ours = save_checkpoint(tmp_path / "ours", create_model("mini_xception", 7, 1), FER7, Preprocess(48, 1))
    assert main(["export-onnx", str(ours.path), str(tmp_path / "network.onnx")]) == 0
    folder = folders / "checkpoints" / "graph"
    assert main(["import", str(tmp_path / "network.onnx"), "--out", str(folder)]) == 0
    open_page(app, "explain", checkpoint="graph")
    clean(app)
    method = next(box for box in app.selectbox if box.label == "Method")
    assert method.options == ["Occlusion", "RISE"]
    assert next(box for box in app.selectbox if box.label == "Layer").disabled
    open_page(app, "explain", checkpoint="graph", tab="methods")
    clean(app)
    open_page(app, "explain", checkpoint="graph", tab="contrast")
    assert [error.value for error in app.error] == [
        "Finer-CAM needs layers and gradients, which an ONNX network does not give."
    ]
