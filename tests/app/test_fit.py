"""Which network a page opens with: the best one that was trained on the chosen data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from app_driver import FIGURE, make_checkpoint, open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import read_checkpoint
from workbench.app import datasets, fit, inventory
from workbench.app.inventory import TrainedNetwork


def trained(folder: Path, name: str, data: str, value: float, **more: Any) -> None:
    """A network of that training data with an accuracy measured on it."""
    figure = FIGURE | {"value": value, "low": value - 0.02, "high": value + 0.02, "data": data, **more}
    make_checkpoint(folder / "checkpoints" / name, metrics=[figure], provenance={"data": data})


@pytest.fixture
def networks(folders: Path) -> dict[str, TrainedNetwork]:
    """Networks of three data sets, the best one of each with a lower figure than the next set's worst."""
    trained(folders, "drawn", "synthetic", 0.92, split="test", n=749)
    trained(folders, "votes", "ferplus", 0.85)
    trained(folders, "posed-good", "fer2013", 0.70)
    trained(folders, "posed-poor", "fer2013", 0.55)
    return inventory.usable(inventory.trained_networks())


def test_networks_are_grouped_by_their_training_data(networks: dict[str, TrainedNetwork]) -> None:
    groups = inventory.groups(networks.values())
    assert [(group.title, [n.name for n in group.networks]) for group in groups] == [
        ("FER2013", ["posed-good", "posed-poor"]),
        ("FERPlus", ["votes"]),
        ("Built-in faces", ["drawn"]),
    ]
    assert list(networks) == ["posed-good", "posed-poor", "votes", "drawn"]
    assert inventory.groups(networks.values(), "synthetic")[0].title == "Built-in faces"
    assert networks["votes"].listed == "FERPlus · FCSDNet · votes"


@pytest.mark.parametrize(
    ("data", "best"),
    [("synthetic", "drawn"), ("synthetic:count=40", "drawn"), ("fer2013", "posed-good"), ("ferplus", "votes")],
)
def test_the_default_was_trained_on_the_data(networks: dict[str, TrainedNetwork], data: str, best: str) -> None:
    order = fit.ordered(networks, data)
    assert order[0].name == best
    assert not fit.misfit(order[0], data)
    assert len(order) == len(networks)


def test_other_data_get_a_network_of_the_same_kind_of_images(networks: dict[str, TrainedNetwork]) -> None:
    assert fit.ordered(networks, "jaffe")[0].name == "posed-good"
    assert fit.ordered(networks, "jaffe")[-1].name == "drawn"
    assert fit.misfit(networks["posed-good"], "jaffe").startswith(
        "posed-good was trained on other images: FER2013, not JAFFE"
    )
    assert fit.ordered(networks, None)[0].name == "posed-good"
    assert fit.misfit(networks["drawn"], None) == "drawn was trained on drawn faces, not on photographs."


def test_the_network_that_answers_at_once_is_the_best_quick_one(
    networks: dict[str, TrainedNetwork], monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = {"posed-good": 470e6, "posed-poor": 59e6, "votes": 470e6, "drawn": 59e6}
    monkeypatch.setattr(fit, "_macs", lambda network: costs[network.name])

    def answers(data: str | None) -> str:
        network = fit.answering(networks, data)
        assert network is not None
        return network.name

    assert (answers("fer2013"), answers(None), answers("synthetic")) == ("posed-poor", "posed-poor", "drawn")
    costs["posed-poor"] = costs["votes"] = float("inf")
    assert answers(None) == "posed-good"  # a quick network of other images is no answer
    assert fit.answering({}, None) is None


def test_the_cost_of_a_network_is_counted(networks: dict[str, TrainedNetwork]) -> None:
    assert 5e6 < fit._macs(networks["votes"]) < 7e6


def test_a_network_that_lacks_a_class_is_no_default(folders: Path) -> None:
    from fer_models import create_model
    from fer_models.checkpoint import save_checkpoint, write_figures
    from fer_models.preprocess import Preprocess

    trained(folders, "seven", "synthetic", 0.6)
    folder, two = folders / "checkpoints" / "two", ("happy", "sad")
    save_checkpoint(folder, create_model("fcsdnet", 2, 1), two, Preprocess(48, 1), provenance={"data": "synthetic"})
    write_figures(folder, [FIGURE | {"value": 0.99, "low": 0.98, "data": "synthetic"}])
    assert fit.ordered(inventory.usable(inventory.trained_networks()), "synthetic")[0].name == "seven"


def test_a_figure_belongs_to_its_data_and_split(networks: dict[str, TrainedNetwork]) -> None:
    network = networks["posed-good"]
    assert fit.figure(network, "fer2013", "PublicTest", 3589).startswith("70.0 % [68.0, 72.0] · n = 3,589 · FER2013, ")
    for data, split, count in (
        ("fer2013", "PrivateTest", None),
        ("fer2013", "PublicTest", 12),
        ("synthetic", None, None),
    ):
        assert fit.figure(network, data, split, count) == "Not measured on this data"


def test_predictions_that_come_with_a_network_go_by_people() -> None:
    """The interval was that of 301 independent images, [91.5, 96.7]."""
    folder = Path(__file__).parents[2] / "checkpoints" / "fcsdnet-synthetic"
    shipped = TrainedNetwork(folder.name, read_checkpoint(folder))
    assert fit.figure(shipped, "synthetic", "test", 301).startswith(
        "94.7 % [88.5, 97.6] · n = 301 images of 6 people · "
    )


def test_own_folders_are_told_apart(folders: Path, networks: dict[str, TrainedNetwork]) -> None:
    recipe = {"data": "mine", "protocol": "random_folds"}
    own = FIGURE | {"data": "folder", "split": "fold 1", "n": 20}
    make_checkpoint(folders / "checkpoints" / "own", metrics=[own], provenance={"data": "folder", "recipe": recipe})
    networks = inventory.usable(inventory.trained_networks())
    assert networks["own"].trained_on == "mine"
    assert fit.ordered(networks, "mine")[0].name == "own"
    assert fit.figure(networks["own"], "mine").startswith("65.4 %")
    assert fit.figure(networks["own"], "theirs") == "Not measured on this data"


def test_every_page_opens_with_the_same_data_and_the_network_for_it(
    app: AppTest, networks: dict[str, TrainedNetwork]
) -> None:
    for key in ("stress", "explain"):  # those that start no job
        open_page(app, key, sample="drawn-sad")
        lists = {box.label: box.value for box in app.selectbox}
        assert lists["Network"] == "drawn", key
        assert lists.get("Data set") == {"stress": "synthetic", "explain": None}[key], "a sample belongs to no data set"
    assert datasets.default_name() == "synthetic"
    for key in ("group", "explain"):  # photographs
        open_page(app, key, **({"sample": "astronaut"} if key == "explain" else {}))
        assert next(box.value for box in app.selectbox if box.label == "Network") == "posed-good", key


def test_a_network_of_other_images_is_told_and_can_be_exchanged(
    app: AppTest, networks: dict[str, TrainedNetwork]
) -> None:
    open_page(app, "stress", checkpoint="posed-good", data="synthetic", sample="drawn-sad")
    assert "Not measured on this data · posed-good was trained on other images: FER2013, not Built-in faces" in words(
        app
    )
    next(button for button in app.button if button.label == "Use drawn").click()
    app.run()
    assert next(box.value for box in app.selectbox if box.label == "Network") == "drawn"
    assert "other images" not in words(app)


def test_the_data_follow_a_network_in_the_address(app: AppTest, networks: dict[str, TrainedNetwork]) -> None:
    open_page(app, "stress", checkpoint="drawn")
    assert next(box.value for box in app.selectbox if box.label == "Data set") == "synthetic"


def test_with_fer2013_every_page_opens_on_it_and_recipes_choose_their_data(app: AppTest, folders: Path) -> None:
    pixels = " ".join(["7"] * 48 * 48)
    rows = [f"{label},{pixels},{usage}" for label in range(7) for usage in ("Training", "PublicTest")]
    (folders / "data" / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *rows]), encoding="utf-8")
    for key in ("datasets", "studies", "train"):
        open_page(app, key)
        assert next(box.value for box in app.selectbox if box.label == "Data set") == "fer2013", key
    next(box for box in app.selectbox if box.label == "Data set").set_value("synthetic").run()
    next(box for box in app.selectbox if box.label == "Recipe").set_value("strong").run()
    assert next(box.value for box in app.selectbox if box.label == "Data set") == "synthetic"
    next(box for box in app.selectbox if box.label == "Recipe").set_value("mini-xception-fer2013").run()
    assert next(box.value for box in app.selectbox if box.label == "Data set") == "fer2013"
