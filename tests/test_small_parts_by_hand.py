"""Views of an image, an ensemble's choice, downloads and faces that are not here, by hand."""

from __future__ import annotations

import hashlib
import io
import math
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from fer_models import averaging, system
from fer_models.absent_images import MeanFaces
from fer_models.download import RemoteFile
from fer_models.ensemble_choice import choose_members
from fer_models.errors import UserError


def test_ten_crops_are_the_middle_and_the_corners() -> None:
    batch = torch.arange(2 * 24 * 36, dtype=torch.float32).view(1, 2, 24, 36)
    views = list(averaging.augmented_views(batch, "ten_crop"))
    assert len(views) == 10 and pytest.approx(11 / 12) == averaging._SIDE
    for number, (top, left) in enumerate(((1, 1), (0, 0), (0, 3), (2, 0), (2, 3))):
        crop = batch[:, :, top : top + 22, left : left + 33]
        expected = functional.interpolate(crop, (24, 36), mode="bilinear", align_corners=False)
        assert torch.equal(views[2 * number], expected) and torch.equal(views[2 * number + 1], expected.flip(3))
    assert [view.shape for view in averaging.augmented_views(torch.zeros(1, 1, 1, 1), "ten_crop")] == [
        (1, 1, 1, 1)
    ] * 10
    plain, mirrored = averaging.augmented_views(batch, "flip")
    assert plain is batch and torch.equal(mirrored, batch.flip(3))


def test_members_are_ordered_by_their_loss() -> None:
    labels = np.array([0, 1] * 10)
    right = np.where(np.arange(2) == labels[:, None], 1.0, 0.0)
    logits = [100 + 0 * right, 100 + right, 100 - right, 1000 * right]
    choice = choose_members(logits, labels)
    assert choice.order == (3, 1, 0, 2)
    assert choice.losses == pytest.approx([math.log(2), math.log(1 + math.exp(-1)), math.log(1 + math.e), 0], abs=1e-9)
    assert choice.accuracies == (1, 1, 1, 1), "the surest outvotes the others"
    for wrong in ([right], [right, right[:5]], [right, right[:, 0]]):
        with pytest.raises(UserError):
            choose_members(wrong, labels)
    assert len(choose_members([right] * 2, labels).losses) == 2


CONTENT = b"twelve bytes"


def remote(**changes: object) -> RemoteFile:
    given = {
        "title": "the list",
        "url": "https://example.org/a/list.txt",
        "size": 12,
        "retry": "it",
        "by_hand": "make one",
    }
    return RemoteFile(**given | {"sha256": hashlib.sha256(CONTENT).hexdigest()} | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (CONTENT, ""),
        (CONTENT + b"!!!!", "it has more than 12 bytes instead of 12"),
        (CONTENT[:-1], "it has 11 bytes instead of 12"),
        (CONTENT[::-1], "its SHA-256 begins"),
    ],
)
def test_a_download_is_what_was_expected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sent: bytes, said: str
) -> None:
    asked: list[str] = []

    def opened(url: str, timeout: float) -> io.BytesIO:
        asked.append(url)
        return io.BytesIO(sent)

    monkeypatch.setattr(urllib.request, "urlopen", opened)
    target = tmp_path / "list.txt"
    if said:
        with pytest.raises(UserError, match=f"The download is not the list and was refused: {said}"):
            remote().fetch(target)
        assert not target.exists()
        return
    assert remote().fetch(target) == target and target.read_bytes() == CONTENT and remote().name == "list.txt"
    remote().fetch(target)
    assert len(asked) == 1, "what is here is not fetched again"
    target.write_bytes(CONTENT[:-1] + b"?")
    remote().fetch(target)
    assert len(asked) == 2 and target.read_bytes() == CONTENT
    target.write_bytes(CONTENT[:5])
    with pytest.raises(UserError, match="it has 5 bytes instead of 12"):
        remote().check(target)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (urllib.error.HTTPError("u", 404, "gone", None, None), "the server answered 404"),  # type: ignore[arg-type]
        (urllib.error.URLError(OSError(111, "Connection refused")), "Connection refused"),
        (urllib.error.URLError("no host"), "no host"),
        (OSError(5, "Input error"), "Input error"),
        (TimeoutError("timed out"), "timed out"),
    ],
)
def test_what_cannot_be_fetched_says_why(monkeypatch, tmp_path: Path, error: Exception, reason: str) -> None:
    def refuse(url: str, timeout: float) -> None:
        raise error

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    with pytest.raises(UserError) as said:
        remote().fetch(tmp_path / "x")
    assert str(said.value) == f"The list could not be downloaded ({reason}); check the connection, or make one."
    with pytest.raises(UserError, match="must begin with https"):
        remote(url="ftp://example.org/x").fetch(tmp_path / "x")


def test_faces_that_are_not_here_are_means_from_black_to_white() -> None:
    means = np.zeros((2, 1, 3, 1), np.uint8)
    means[0, 0, :, 0], means[1, 0, :, 0] = (50, 75, 100), (7, 7, 7)
    drawn = MeanFaces(means, np.array([1, 0, 0]))
    assert drawn[1][0, :, 0].tolist() == [0, 128, 255] and drawn[0][0, :, 0].tolist() == [0, 0, 0]
    assert drawn.shape == (3, 1, 3, 1)


def test_memory_is_read_in_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "status").write_text("Name:\tx\nVmRSS:\t    12 kB\nVmHWM:\t    34 kB\n")
    monkeypatch.setattr(system, "_PROC", tmp_path)
    assert system._status("VmHWM") == 34 * 1024 and system._status("VmRSS") == 12 * 1024
    with pytest.raises(OSError, match="has no VmX"):
        system._status("VmX")
