"""Darwin's plates: fetched once, only the expected bytes, read from the data folder too."""

import hashlib
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_models import darwin
from fer_models.darwin import PLATES, Plate
from fer_models.errors import UserError
from fer_models.folders import cache_folder


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """A folder with seven files as plates, and its address on this computer."""
    monkeypatch.setenv("FER_DATA", str(tmp_path / "data"))
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "served"
    folder.mkdir()
    plates = []
    for number in range(1, 8):
        content = cv2.imencode(".jpg", np.full((32, 24, 3), 30 * number, np.uint8))[1].tobytes()
        (folder / f"plate-{number}.jpg").write_bytes(content)
        plates.append(Plate(number, "grief", len(content), hashlib.sha256(content).hexdigest()))
    monkeypatch.setattr(darwin, "PLATES", tuple(plates))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as http:
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield folder, f"http://127.0.0.1:{http.server_address[1]}/"
        http.shutdown()


def test_the_plates_are_fetched_once_with_progress(source: tuple[Path, str]) -> None:
    assert darwin.available_plates() == []
    with pytest.raises(UserError, match="fer datasets get darwin"):
        darwin.read_plate(3)
    steps: list[tuple[float, str]] = []
    files = darwin.get_plates(source[1], progress=lambda done, step: steps.append((done, step)))
    assert [file.parent for file in files] == [cache_folder() / "darwin"] * 7
    assert steps[0] == (0.0, "plate 1 of 7") and steps[-1][0] == 1.0 and len(steps) == 8
    assert darwin.read_plate(3).shape == (32, 24, 3) and abs(int(darwin.read_plate(3).mean()) - 90) < 3
    files[4].write_bytes(b"damaged")
    assert darwin.get_plates(source[1])[4].read_bytes() == (source[0] / "plate-5.jpg").read_bytes()
    shutil.rmtree(source[0])
    assert darwin.get_plates(source[1]) == files, "what is here is not asked for again"


def test_another_file_is_refused_and_what_came_before_is_kept(source: tuple[Path, str]) -> None:
    (source[0] / "plate-3.jpg").write_bytes(b"an error page")
    with pytest.raises(
        UserError, match=r"is not Darwin's plate 3 and was refused.*run `fer datasets get darwin` again"
    ):
        darwin.get_plates(source[1])
    assert [plate.number for plate in darwin.available_plates()] == [1, 2]
    with pytest.raises(UserError, match=r"Darwin's plate 3 could not be downloaded \(.*refused.*by hand"):
        darwin.get_plates("http://127.0.0.1:9/")


def test_plates_in_the_data_folder_are_read(source: tuple[Path, str], tmp_path: Path) -> None:
    shutil.copytree(source[0], tmp_path / "data" / "darwin")
    assert len(darwin.available_plates()) == 7 and darwin.get_plates("http://127.0.0.1:9/")
    (tmp_path / "data" / "darwin" / "plate-1.jpg").write_bytes(b"damaged")
    with pytest.raises(UserError):
        darwin.read_plate(1)


def test_the_pinned_files_are_the_ones_described(shared: Path) -> None:
    for plate in PLATES:
        content = (shared / "data" / "darwin" / plate.file_name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (plate.size, plate.sha256)
