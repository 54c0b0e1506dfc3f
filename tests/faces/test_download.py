"""The detector file: only the expected bytes ever reach the cache."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fer_models.errors import UserError
from fer_models.faces.detect import detector_for
from fer_models.faces.download import FILE_NAME, SHA256, SIZE, check_file, detector_folder, get_yunet, yunet_path

GOOD = bytes(range(256)) * 40
EXPECTED = {"size": len(GOOD), "sha256": hashlib.sha256(GOOD).hexdigest(), "timeout": 5.0}
DAMAGED = GOOD[:5000] + b"\xff" + GOOD[5001:]
FILES = {"/good": GOOD, "/damaged": DAMAGED, "/short": GOOD[:-1], "/long": GOOD + b"x", "/empty": b""}


class Handler(BaseHTTPRequestHandler):
    requests = 0

    def do_GET(self) -> None:
        type(self).requests += 1
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/good")
            self.end_headers()
            return
        if self.path not in FILES and self.path != "/broken":
            self.send_error(404)
            return
        body = FILES.get(self.path, GOOD)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # "/broken" hangs up half way.
        self.wfile.write(body[:100] if self.path == "/broken" else body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_address[1]}"
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FER_YUNET", raising=False)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("path", ["/good", "/moved"])
def test_good_file_reaches_the_cache(server: str, path: str) -> None:
    target = get_yunet(server + path, **EXPECTED)
    assert target == detector_folder() / FILE_NAME and target.read_bytes() == GOOD
    assert [entry.name for entry in detector_folder().iterdir()] == [FILE_NAME]
    before = Handler.requests
    assert get_yunet(server + path, **EXPECTED) == target
    assert Handler.requests == before  # A good file is not fetched again.


def test_chosen_destination_and_repair(server: str, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "net.onnx"
    assert get_yunet(server + "/good", target, **EXPECTED) == target
    target.write_bytes(DAMAGED)
    assert get_yunet(server + "/good", target, **EXPECTED).read_bytes() == GOOD


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/damaged", "SHA-256"),
        ("/short", "10,239 bytes instead of 10,240"),
        ("/long", "more than 10,240 bytes"),
        ("/empty", "0 bytes instead of"),
        ("/none", "answered 404"),
        ("/broken", "could not be downloaded|bytes instead of"),
    ],
)
def test_anything_else_is_refused(server: str, tmp_path: Path, path: str, words: str) -> None:
    target = tmp_path / "net.onnx"
    with pytest.raises(UserError, match=words) as error:
        get_yunet(server + path, target, **EXPECTED)
    assert list(tmp_path.iterdir()) == [] and str(error.value).endswith(".")
    target.write_bytes(b"what was there before")
    with pytest.raises(UserError):
        get_yunet(server + path, target, **EXPECTED)
    assert target.read_bytes() == b"what was there before" and len(list(tmp_path.iterdir())) == 1


def test_no_server_and_wrong_address(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"could not be downloaded \(.*refused.*set FER_YUNET"):
        get_yunet("http://127.0.0.1:9/net.onnx", tmp_path / "n.onnx", **EXPECTED)
    for address in ("file:///etc/hostname", "ftp://127.0.0.1/x"):
        with pytest.raises(UserError, match="must begin with https"):
            get_yunet(address, tmp_path / "n.onnx", **EXPECTED)


def test_folder_that_cannot_be_made(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UserError, match="cannot be written"):
        get_yunet(server + "/good", tmp_path / "file" / "net.onnx", **EXPECTED)


def test_file_named_by_setting_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "mine.onnx"
    monkeypatch.setenv("FER_YUNET", str(named))
    assert yunet_path() == named
    with pytest.raises(UserError, match=r"mine\.onnx cannot be read"):
        get_yunet("http://127.0.0.1:9/never-asked", **EXPECTED)
    with pytest.raises(UserError, match=r"mine\.onnx cannot be read"):
        detector_for("auto")  # A setting that points nowhere is not passed over in silence.
    named.write_bytes(GOOD)
    assert get_yunet("http://127.0.0.1:9/never-asked", **EXPECTED) == named
    with pytest.raises(UserError, match=r"mine\.onnx is not the YuNet file"):
        detector_for("auto")
    named.write_bytes(bytes(SIZE))
    with pytest.raises(UserError, match="SHA-256"):
        detector_for("auto")


def test_real_file_passes(shared: Path, server: str) -> None:
    real = shared / "detectors" / FILE_NAME
    if not real.is_file():
        pytest.skip("the YuNet file is not at hand")
    check_file(real)
    assert hashlib.sha256(real.read_bytes()).hexdigest() == SHA256 and real.stat().st_size == SIZE
    FILES["/real"] = real.read_bytes()
    try:
        assert get_yunet(server + "/real").read_bytes() == real.read_bytes()
    finally:
        del FILES["/real"]
    assert detector_for("auto") == "yunet"
