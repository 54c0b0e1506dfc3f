"""``fer checkpoints``: what a wheel leaves out is listed, and fetched only as it was."""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fer_models.checkpoint import read_checkpoint
from fer_models.cli import main
from fer_models.errors import UserError
from fer_models.left_out import get_network, left_out

ROOT = Path(__file__).resolve().parents[1]
NAME = "mini-xception-fer2013"


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def source(tmp_path: Path) -> Iterator[str]:
    shutil.copytree(ROOT / "checkpoints" / NAME, tmp_path / "release" / NAME)
    handler = functools.partial(Silent, directory=str(tmp_path / "release"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def test_a_network_that_was_left_out_is_fetched(
    tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = tmp_path / "packed"
    packed.mkdir()
    monkeypatch.setenv("FER_CHECKPOINTS", str(packed))
    monkeypatch.setenv("FER_NETWORKS", str(tmp_path / "networks"))
    assert left_out() == {}
    contents = {file.name: file.read_bytes() for file in (ROOT / "checkpoints" / NAME).iterdir()}
    files = {name: {"size": len(c), "sha256": hashlib.sha256(c).hexdigest()} for name, c in contents.items()}
    (packed / "left-out.json").write_text(json.dumps({NAME: files}))
    assert main(["checkpoints"]) == 0 and f"fer checkpoints get {NAME}" in capsys.readouterr().out
    with pytest.raises(UserError, match="FER_RELEASE"):
        get_network(NAME, "")
    with pytest.raises(UserError, match="not among the networks"):
        get_network("vgg", source)
    weights = tmp_path / "release" / NAME / "weights.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + b"x")
    with pytest.raises(UserError, match="was refused: its SHA-256"):
        get_network(NAME, source)
    assert not (tmp_path / "networks" / NAME).exists()
    weights.write_bytes(whole)
    parts: list[float] = []
    shutil.rmtree(get_network(NAME, source, lambda part, words: parts.append(part)))
    assert parts == pytest.approx([number / len(files) for number in range(len(files) + 1)])
    assert main(["checkpoints", "get", "--from", source]) == 0
    assert read_checkpoint(tmp_path / "networks" / NAME).name == NAME and left_out() == {}
