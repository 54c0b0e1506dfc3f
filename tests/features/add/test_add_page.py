"""The page that adds a network: by form, by path, with the check of the class order."""

import time
from pathlib import Path

import pytest
import torch
from app_driver import make_checkpoint, open_page
from small_onnx import write_onnx
from streamlit.testing.v1 import AppTest

from fer_models import create_model
from fer_models.checkpoint import read_checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset, open_dataset
from fer_models.errors import UserError
from fer_models.exchange.bring import Given
from fer_models.exchange.class_order import ORDERS
from fer_models.folders import checkpoints_folder, networks_folder
from fer_models.preprocess import Preprocess
from fer_models.progress import Progress
from workbench.app import inventory, jobs
from workbench.features.add import order as order_page
from workbench.features.add.model import request
from workbench.features.add.model.request import Uploaded


def fill(app: AppTest, label: str, value: str) -> None:
    boxes = [*app.text_input, *app.selectbox]
    next(box for box in boxes if box.label == label).set_value(value)
    app.run()


def add(app: AppTest, path: Path) -> None:
    open_page(app, "add")
    app.segmented_control[0].set_value("Path on this computer").run()
    fill(app, "File or folder", str(path))


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception


def test_weights_become_a_network_and_the_wrong_order_is_exchanged(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = open_dataset("synthetic:count=350")  # all of them take a minute
    monkeypatch.setattr(order_page.cache, "dataset", lambda name: few)
    monkeypatch.setattr(order_page.job_view, "_GRACE", 60)  # on a busy machine the check takes longer than a page waits
    shipped = read_checkpoint(Path(__file__).parents[3] / "checkpoints" / "fcsdnet-synthetic")
    state = shipped.build().state_dict()
    order = [shipped.classes.index(name) for name in ORDERS["alphabetical"]]
    for name in ("head.weight", "head.bias"):
        state[name] = state[name][order]
    torch.save({"state_dict": {f"module.{name}": value for name, value in state.items()}}, tmp_path / "mine.pt")
    add(app, tmp_path / "mine.pt")
    fill(app, "Network", "fcsdnet")
    press(app, "Add the network")
    assert not app.error, [error.value for error in app.error]
    assert any("may be wrong" in warning.value and "alphabetical" in warning.value for warning in app.warning)
    press(app, "Use that order")
    assert any("The class order fits" in success.value for success in app.success)
    added = read_checkpoint(networks_folder() / "mine")
    assert added.classes == ORDERS["alphabetical"] and added.accuracy() is None
    assert "mine" in inventory.usable(inventory.trained_networks())
    press(app, "Delete it")
    assert not (networks_folder() / "mine").exists()


def test_the_check_of_a_large_network_leaves_the_page_alive_and_can_be_stopped(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(classifier: Classifier, dataset: FaceDataset, progress: Progress) -> None:
        for number in range(1000):
            progress(number / 1000, "8 of 210 faces read")
            time.sleep(0.02)

    few = open_dataset("synthetic:count=70")
    monkeypatch.setattr(order_page.cache, "dataset", lambda name: few)
    monkeypatch.setattr(order_page.order, "checked", slow)
    torch.save(create_model("mini_xception", 7, 1).state_dict(), tmp_path / "slow.pt")
    add(app, tmp_path / "slow.pt")
    fill(app, "Network", "mini_xception")
    press(app, "Add the network")
    (bar,) = app.main.get("progress")
    assert "Class order of slow: 8 of 210 faces read" in bar.proto.text
    assert any(button.label == "Delete it" for button in app.button)  # the rest of the page is there
    next(button for button in app.main.button if button.label == "Stop").click().run()
    job = jobs.find(("class order", read_checkpoint(networks_folder() / "slow").identity, "synthetic"))
    assert job is not None and job.wait(10) and job.state == "cancelled"


def test_what_does_not_fit_is_one_sentence_and_leaves_nothing(app: AppTest, tmp_path: Path) -> None:
    torch.save(create_model("mini_xception", 8, 1).state_dict(), tmp_path / "eight.pt")
    add(app, tmp_path / "eight.pt")
    fill(app, "Network", "mini_xception")
    press(app, "Add the network")
    assert ["8 scores, but 7 class names" in error.value for error in app.error] == [True]
    assert not networks_folder().exists() or not list(networks_folder().iterdir())


def test_an_upload_is_read_without_staying_and_a_taken_name_is_refused(folders: Path, tmp_path: Path) -> None:
    file = write_onnx(tmp_path / "graph.onnx")
    upload = Uploaded("graph.onnx", memoryview(file.read_bytes()))
    assert request.said_in(upload) is None
    given = Given("", ORDERS["FER2013"], Preprocess(48, 1))
    assert request.add(upload, given, request.place("", upload)).network == "onnx"
    with pytest.raises(UserError, match="already"):
        request.place("graph", upload)
    with pytest.raises(UserError, match="name of letters"):
        request.place("../up", upload)
    make_checkpoint(checkpoints_folder() / "ours")
    copied = request.add(str(checkpoints_folder() / "ours"), None, request.place("copy", "ours"))
    assert copied.path.parent == networks_folder()


def test_the_list_of_networks_leads_to_it(app: AppTest, folders: Path) -> None:
    make_checkpoint(folders / "checkpoints" / "fresh")
    open_page(app, "group")
    assert any(link.proto.page.endswith("add") for link in app.get("page_link"))
