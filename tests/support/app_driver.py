"""How the tests of the app make checkpoints, open pages, and read what stands on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from streamlit.testing.v1 import AppTest

from fer_models import create_model
from fer_models.checkpoint import Checkpoint, read_checkpoint, save_checkpoint, write_figures
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess

ROOT = Path(__file__).resolve().parents[2]
FIGURE: dict[str, Any] = {
    "metric": "accuracy",
    "value": 0.6543,
    "low": 0.6385,
    "high": 0.6697,
    "n": 3589,
    "data": "fer2013",
    "split": "PublicTest",
    "selection": "best epoch by val_accuracy on PublicTest",
    "averaging": "none",
}


def make_checkpoint(
    folder: Path, seed: int = 0, metrics: list[dict[str, Any]] | None = None, **more: Any
) -> Checkpoint:
    """FCSDNet with few channels and fresh weights, for grey pictures of 48 pixels."""
    torch.manual_seed(seed)
    network = create_model("fcsdnet", 7, 1, growth=[8, 16, 32])
    checkpoint = save_checkpoint(folder, network, FER7, Preprocess(48, 1), **more)
    if metrics is None:
        return checkpoint
    write_figures(folder, metrics)
    return read_checkpoint(folder)


def damaged_checkpoint(folder: Path) -> None:
    """One with a figure, so that it is the default, and with a bit of its weights turned over."""
    make_checkpoint(folder, metrics=[FIGURE])
    weights = bytearray((folder / "weights.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "weights.safetensors").write_bytes(bytes(weights))


def open_page(app: AppTest, key: str, **query: str) -> AppTest:
    """Open a page of the app, with choices in the address; Home does not run first."""
    if key != "home":
        app.switch_page(f"../pages/{key}.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    """All text on the page, tables included."""
    kinds = (app.title, app.caption, app.markdown, app.info, app.warning, app.error, app.header, app.html)
    return "\n".join(str(element.value if hasattr(element, "value") else element) for kind in kinds for element in kind)
