"""What a run of a page reads once, and what is read again only after a change."""

from __future__ import annotations

from fer_models import create_model
from fer_models.checkpoint import read_checkpoint, save_checkpoint, write_figures
from fer_models.ensemble import combine
from fer_models.preprocess import Preprocess
from workbench import once
from workbench.app import datasets, inventory


def test_a_run_reads_once_and_the_next_one_anew() -> None:
    numbers = iter(range(9))
    following = once.once(lambda: next(numbers))
    assert [following(), following()] == [0, 1]  # outside a run, as in a job
    with once.a_run():
        assert [following(), following()] == [2, 2]
        once.forget()
        assert following() == 3
    with once.a_run():
        assert following() == 4


def test_networks_are_read_once_in_a_run(monkeypatch) -> None:
    read: list[int] = []
    monkeypatch.setattr(inventory, "network_folders", lambda: read.append(1) or [])
    with once.a_run():
        inventory.trained_networks()
        inventory.trained_networks()
    assert len(read) == 1


def test_a_set_that_a_run_adds_or_removes_is_known_in_the_same_run(tmp_path) -> None:
    file = tmp_path / "faces.csv"
    file.write_text("emotion,pixels,Usage\n" + f"3,{' '.join(['7'] * 2304)},Training\n" * 2)
    with once.a_run():
        assert "mine" not in {entry.name for entry in datasets.known()}
        datasets.add_path("mine", str(file))
        assert "mine" in {entry.name for entry in datasets.known()}
        datasets.remove("mine")
        assert "mine" not in {entry.name for entry in datasets.known()}


def test_a_network_is_read_again_when_its_files_or_those_of_a_member_change(tmp_path, monkeypatch) -> None:
    classes, preprocess = ("happy", "sad"), Preprocess(size=32)
    parts = {
        f"members.{n}.": save_checkpoint(tmp_path / name, create_model("mini_xception", 2), classes, preprocess)
        for n, name in enumerate("ab")
    }
    network = combine(list(parts.values()), tmp_path / "both").build()
    whole = save_checkpoint(tmp_path / "whole", network, classes, preprocess, beside=parts)
    read: list[str] = []

    def counted(folder):
        read.append(folder.name)
        return read_checkpoint(folder)

    monkeypatch.setattr(inventory, "network_folders", lambda: [whole.path])
    monkeypatch.setattr(inventory, "read_checkpoint", counted)
    assert inventory.trained_networks() == inventory.trained_networks() and read == ["whole"]
    write_figures(whole.path, [{"metric": "accuracy", "value": 0.5, "data": "mine"}])
    assert (inventory.trained_networks()[0].accuracy or {})["value"] == 0.5
    save_checkpoint(tmp_path / "a", create_model("mini_xception", 2), classes, preprocess)
    assert "other weights of a" in (inventory.trained_networks()[0].problem or "")
