"""Ports, sizes, rows and grids at the ends of what is allowed."""

import io
import sys
from pathlib import Path

import pytest

from fer_models.checkpoint import Checkpoint
from fer_models.cli import main
from fer_models.commands.app import options
from fer_models.commands.output import show_progress
from fer_models.device import inference_device
from fer_models.errors import UserError
from fer_models.files import read_regular
from fer_models.inference.choose import Choice
from fer_models.preprocess import Preprocess


def test_a_port_is_a_number_of_sixteen_bits() -> None:
    assert options("localhost", 1, "")[1].endswith("=1") and options("localhost", 65535, "")[1].endswith("=65535")
    for port in (0, 65536):
        with pytest.raises(UserError, match="1 to 65535"):
            options("localhost", port, "")
    assert options("localhost", 8600, "/")[2:] == [] and options("localhost", 8600, "/a/")[2:] == [
        "--server.baseUrlPath=a"
    ]


def test_progress_is_written_to_a_terminal_and_ends_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    show_progress(0.5, "half")
    assert terminal.getvalue().startswith("\r 50.0 % half") and not terminal.getvalue().endswith("\n")
    show_progress(1.0)
    assert terminal.getvalue().endswith("\n")
    monkeypatch.setattr(sys, "stderr", file := io.StringIO())
    show_progress(0.5)
    assert file.getvalue() == ""


def test_a_file_may_be_as_large_as_allowed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_regular(tmp_path / "a", 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4e-06 MB"):
        read_regular(tmp_path / "a", 4)
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1_000_000_001)
    with pytest.raises(OSError, match="larger than 1 GB"):
        read_regular(tmp_path / "large", 1_000_000_000)
    with pytest.raises(OSError, match="larger than 999 MB"):
        read_regular(tmp_path / "large", 999_000_000)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["predict", "x", "x.png", "--json", "-", "--csv", "-"], "Only one of --json and --csv"),
        (["predict", "x", "x.png", "--json", "-", "--csv", "y"], "x"),
        (["study", "--data", "fer2013"], "name what to train"),
        (["study", "--grid", "lr=1,2"], "name what to train"),
        (["study", "quick", "--seeds", "0"], "--seeds is 1 or more"),
        (["study", "quick", "--by", "subject"], "--by needs --folds"),
        (["train"], "name what to train"),
        (["train", "quick", "--processes", "0"], "between 1 and 64"),
        (["train", "quick", "--processes", "65"], "between 1 and 64"),
        (["reproduction", "--json"], "--json needs --origin"),
    ],
)
def test_what_does_not_go_together_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error and ("Only one" in error) == (said[:8] == "Only one")


def test_a_variant_fits_the_largest_measured_batch_up_to_it() -> None:
    choice = Choice({1: "one", 8: "eight", 32: "many"})
    assert [choice.name(batch) for batch in (1, 7, 8, 31, 32, 100)] == ["one", "one", "eight", "eight", "many", "many"]
    assert Choice({4: "four", 8: "eight"}).name(1) == "four"


def test_a_gpu_has_a_number_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    for name in ("cuda", "cuda:0", "cuda:1"):
        monkeypatch.setenv("FER_DEVICE", name)
        assert str(inference_device()) == name
    for name in ("cuda:2", "cpu:0", "cuda:x", "tpu", "tpu:0"):
        monkeypatch.setenv("FER_DEVICE", name)
        with pytest.raises(UserError, match="FER_DEVICE"):
            inference_device()


def test_a_network_was_selected_on_the_split_that_its_figure_names() -> None:
    """The accuracy that is shown is of images that did not choose the epoch, where there are any."""

    def shown(*rows: tuple[str, str]) -> str:
        measured = [{"metric": "accuracy", "value": 0.5, "split": split, "selection": chosen} for split, chosen in rows]
        network = Checkpoint(Path("x"), "hog", {}, 1, ("happy", "sad"), Preprocess(), "", measured)
        return str((network.accuracy() or {}).get("split"))

    assert shown(("val", "val"), ("test", "val")) == "test" == shown(("test", "val"), ("val", "val"))
    assert shown(("val", "val")) == "val"
    assert shown(("val part (x)", "val"), ("test", "val")) == "test" == shown(("val, flipped", "val"), ("test", "val"))
    assert shown(("value", "val"), ("test", "val")) == "value"
