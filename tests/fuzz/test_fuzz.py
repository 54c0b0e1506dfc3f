"""Bad inputs to every reader: each gives a value or one sentence, in bounded time and memory.

A few hundred inputs in the ordinary suite; ``make fuzz`` takes thousands. ``FER_FUZZ`` is the number for each reader,
``FER_FUZZ_SEED`` another seed; a failure names reader and number.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import random
import shutil
import signal
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from damage import damaged_bytes, damaged_json
from peak_memory import memory_rises_less_than
from PIL import Image

from fer_models.architectures import create_model
from fer_models.arrays import read_arrays
from fer_models.checkpoint import read_checkpoint, save_checkpoint
from fer_models.data.archive import extract_zip
from fer_models.data.catalogue import known_datasets
from fer_models.data.opening import open_dataset
from fer_models.errors import UserError
from fer_models.faces.image import decode_image, encode_png
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess
from fer_models.training.history import read_history
from fer_models.training.recipe import Recipe
from fer_models.training.rows import read_rows
from fer_models.training.runs.queue import waiting_runs
from fer_models.training.runs.run import Run, create_run, list_runs
from fer_models.training.study.study import create_study, damaged_studies, list_studies, state_of
from fer_models.video.opening import open_video

COUNT = int(os.environ.get("FER_FUZZ", "30"))
SEED = int(os.environ.get("FER_FUZZ_SEED", "0"))
_SECONDS = 20
_MEGABYTES = 1_000


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("FER_RUNS", "FER_CACHE", "FER_CHECKPOINTS", "FER_DATA"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
        (tmp_path / name.lower()).mkdir()
    return tmp_path


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """No input may hang or take much memory."""

    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    with memory_rises_less_than(_MEGABYTES):
        yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def attack(name: str, make: Callable[[random.Random], bytes], read: Callable[[bytes], object]) -> None:
    """Give a reader bad inputs; only sentences may come out."""
    for number in range(COUNT):
        data = make(random.Random(f"{name} {SEED} {number}"))
        signal.alarm(_SECONDS)
        try:
            read(data)
        except UserError as error:
            text = str(error)
            assert text and len(text.splitlines()) == 1 and len(text) < 3000, f"{name} {number}: {text[:300]!r}"
        except Exception as error:
            raise AssertionError(f"{name}, input {number} of seed {SEED}: {error!r}") from error
        finally:
            signal.alarm(0)


@pytest.fixture
def checkpoint(place: Path) -> Path:
    torch.manual_seed(0)
    rows = [{"metric": "accuracy", "value": 0.5, "low": 0.4, "high": 0.6, "n": 9, "data": "x", "split": "test"}]
    saved = save_checkpoint(place / "one", create_model("mini_xception"), FER7, Preprocess(), provenance={"epoch": 3})
    (saved.path / "metrics.json").write_text(json.dumps(rows))
    return saved.path


@pytest.mark.parametrize("name", ["config.json", "metrics.json", "weights.safetensors"])
def test_checkpoints(checkpoint: Path, name: str) -> None:
    good = (checkpoint / name).read_bytes()
    own = name.endswith("json")

    def read(data: bytes) -> None:
        (checkpoint / name).write_bytes(data)
        read_figures = read_checkpoint(checkpoint)
        assert read_figures.name and read_figures.identity and read_figures.selection is not None
        read_figures.accuracy()
        read_figures.build()

    attack(name, lambda r: damaged_json(r, json.loads(good)) if own else damaged_bytes(r, good), read)


def test_runs(place: Path) -> None:
    run = create_run(Recipe())
    run.append_metrics({"epoch": 1, "val_loss": 0.5, "val_accuracy": 0.3})
    good = {name: (run.folder / name).read_bytes() for name in ("status.json", "recipe.json", "metrics.jsonl")}

    def read(data: bytes) -> None:
        for name in good:
            (run.folder / name).write_bytes(data)
        assert 0 <= run.status().fraction <= 1
        assert [each.id for each in list_runs()] == [run.id] and waiting_runs() == []
        assert all("epoch" in row for row in read_history(run.folder / "metrics.jsonl"))
        Run(run.folder).recipe.to_dict()

    for name, text in good.items():
        attack(name, lambda r, text=text: damaged_json(r, json.loads(text)), read)


def test_studies(place: Path) -> None:
    study = create_study(Recipe())
    good = json.loads(study.file.read_text())

    def read(data: bytes) -> None:
        study.file.write_bytes(data)
        studies = list_studies()
        assert len(studies) + len(damaged_studies()) == 1
        for each in studies:
            assert each.title and state_of(each).word and each.settings is not None

    attack("study", lambda r: damaged_json(r, good), read)


def test_the_list_of_added_sets(place: Path) -> None:
    def read(data: bytes) -> None:
        (place / "fer_cache" / "datasets.json").write_bytes(data)
        assert known_datasets()[0].name == "synthetic"

    attack("datasets", lambda r: damaged_json(r, {"a": {"source": "/tmp/a", "reader": "csv"}}), read)


@pytest.mark.parametrize("reader", ["csv", "fer2013", "rows"])
def test_tables(place: Path, reader: str) -> None:
    pixels = " ".join(["100"] * (48 * 48 if reader == "fer2013" else 64))
    good = "".join(["emotion,pixels,Usage\n", *(f"{k},{pixels},Training\n" for k in range(4))]).encode()
    good = b"row,mark\n1,x\n2,y\n" if reader == "rows" else good
    file = place / "table.csv"

    def read(data: bytes) -> None:
        file.write_bytes(data)
        if reader == "rows":
            read_rows(file)
        else:
            shutil.rmtree(place / "fer_cache", ignore_errors=True)
            assert len(open_dataset(file, reader=reader)) <= 8

    attack(reader, lambda r: damaged_bytes(r, good), read)


def test_archives(place: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("happy/1.png", b"x" * 3000)
        archive.writestr("sad/1.png", b"y" * 3000, zipfile.ZIP_DEFLATED)

    def read(data: bytes) -> None:
        shutil.rmtree(place / "out", ignore_errors=True)
        for file in extract_zip(data, place / "out", max_bytes=10_000_000):
            assert file.is_relative_to(place / "out") and file.is_file()

    attack("zip", lambda r: damaged_bytes(r, buffer.getvalue()), read)


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "bmp", "tiff", "webp", "avif"])
def test_images(kind: str) -> None:
    buffer = io.BytesIO()
    image = np.random.default_rng(0).integers(0, 255, (40, 30, 3), np.uint8)
    Image.fromarray(image).save(buffer, format=kind)

    def read(data: bytes) -> None:
        assert decode_image(data).dtype == np.uint8

    attack(kind, lambda r: damaged_bytes(r, buffer.getvalue()), read)


@pytest.mark.parametrize(
    ("kind", "codec"),
    [("mp4", "libx264"), ("webm", "libvpx"), ("avi", "mjpeg"), ("mpegts", "mpeg2video"), ("asf", "wmv2")],
)
def test_videos(kind: str, codec: str) -> None:
    av = pytest.importorskip("av")
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.thread_count = 1
        for number in range(8):
            image = np.full((48, 64, 3), 20 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())

    def read(data: bytes) -> None:
        for _, frame in zip(range(50), open_video(data, "clip").frames(), strict=False):
            assert frame.image.dtype == np.uint8

    attack(kind, lambda r: damaged_bytes(r, buffer.getvalue()), read)


def test_arrays(place: Path) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, facts=np.array("{}"), counts=np.arange(50))

    def read(data: bytes) -> None:
        (place / "a.npz").write_bytes(data)
        try:
            read_arrays(place / "a.npz")
        except ValueError:
            raise UserError("damaged") from None

    attack("npz", lambda r: damaged_bytes(r, buffer.getvalue()), read)


def test_stores(place: Path) -> None:
    for name in ("happy", "sad"):
        (place / "set" / name).mkdir(parents=True)
        (place / "set" / name / "1.png").write_bytes(encode_png(np.full((16, 16), 9, np.uint8)))
    assert dataclasses.is_dataclass(open_dataset(place / "set"))
    (meta,) = (place / "fer_cache").rglob("meta.json")
    good = json.loads(meta.read_text())

    def read(data: bytes) -> None:
        meta.write_bytes(data)
        assert len(open_dataset(place / "set")) == 2

    attack("store", lambda r: damaged_json(r, good), read)
