"""Threads, browsers and uploads for as long as you like: a table of what was wrong or left behind.

    python benchmarks/soak.py [--explanations 200] [--threads 8] [--browsers 2] [--minutes 3]
                              [--uploads 20] [--megabytes 20] [--seed 0]

Each part works in temporary folders of its own; 0 leaves a part out. Explanations of many threads are compared with
the same ones made one after the other. Browsers open pages in random order and upload noise with a mark in it;
afterwards every file that was written meanwhile is searched for the mark. Kills: ``benchmarks/kills.py``.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import secrets
import stat
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "browser")]

from fer_models.classifier import load_checkpoint  # noqa: E402
from fer_models.explain import EXPLAINERS, explain  # noqa: E402
from fer_models.explain.usable import unsupported_methods  # noqa: E402

NETWORK = ROOT / "checkpoints" / "mini-xception-fer2013"
#: Methods that take seconds a face are left out.
_SLOW = ("ablation_cam", "score_cam", "occlusion", "full_grad", "gradient_shap", "smooth_grad")
#: A new one each time, so that no copy of this file holds it.
_MARK = secrets.token_hex(15).encode()
Row = tuple[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("explanations", 200), ("threads", 8), ("browsers", 2), ("uploads", 20)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--minutes", type=float, default=3.0, help="of browsing")
    parser.add_argument("--megabytes", type=float, default=20.0, help="of each upload")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    print("| what | result |\n| --- | --- |")
    with tempfile.TemporaryDirectory() as place:
        os.environ |= {"FER_RUNS": f"{place}/runs", "FER_CACHE": f"{place}/cache"}
        if args.explanations:
            _print(threads(args.explanations, args.threads, rng))
        if args.browsers:
            _print(browsers(Path(place), args, rng))


def _print(rows: list[Row]) -> None:
    for what, result in rows:
        print(f"| {what} | {result} |", flush=True)


def threads(count: int, workers: int, rng: random.Random) -> list[Row]:
    """Explanations by many threads against the same ones made one after the other."""
    classifier = load_checkpoint(NETWORK)
    left_out = {*unsupported_methods(classifier), *_SLOW}
    methods = [key for key in EXPLAINERS if key not in left_out]
    faces = np.random.default_rng(0).integers(0, 256, (12, 48, 48, 1), np.uint8)
    tasks = [(rng.randrange(len(faces)), rng.choice(methods)) for _ in range(count)]

    def answer(task: tuple[int, str]) -> np.ndarray:
        face, method = task
        return explain(classifier, classifier.prepare([faces[face]]), method).values

    serial = {task: answer(task) for task in set(tasks)}
    began = time.monotonic()
    with ThreadPoolExecutor(workers) as pool:
        answers = list(pool.map(answer, tasks))
    seconds = time.monotonic() - began
    wrong = sum(not np.array_equal(serial[task], found) for task, found in zip(tasks, answers, strict=True))
    what = f"{count} explanations by {len(methods)} methods in {workers} threads ({seconds:.0f} s): unlike one by one"
    return [(what, str(wrong))]


def browsers(place: Path, args: argparse.Namespace, rng: random.Random) -> list[Row]:
    """Pages in random order and large uploads; memory, descriptors and threads of the server, and planted bytes."""
    from app_server import ARGUMENTS, CHROMIUM, PlaywrightTimeout, Server, errors, settle
    from playwright.sync_api import sync_playwright

    from workbench.navigation import FIRST, PAGES

    (place / "checkpoints").symlink_to(ROOT / "checkpoints")
    began = time.time()
    server = Server(place)
    server.start()
    assert server.process is not None
    pages = [page.key for page in PAGES if page.key not in ("webcam", "video")]
    samples: list[tuple[float, int, int]] = []
    opened = uploaded = 0
    said: list[str] = []
    late: list[str] = []
    picture = _picture(args.megabytes)
    with sync_playwright() as api:
        browser = api.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        tabs = [browser.new_context().new_page() for _ in range(args.browsers)]
        end = time.monotonic() + 60 * args.minutes
        while time.monotonic() < end or uploaded < args.uploads:
            tab = rng.choice(tabs)
            key = "explain" if uploaded < args.uploads and rng.random() < 0.4 else rng.choice(pages)
            tab.goto(f"{server.url}/{'' if key == FIRST else key}")
            opened += 1
            try:
                settle(tab)
            except PlaywrightTimeout:
                late.append(key)
                continue
            if key == "explain" and uploaded < args.uploads:
                tab.locator('input[type="file"]').first.set_input_files(
                    {"name": "noise.png", "mimeType": "image/png", "buffer": picture}
                )
                settle(tab)
                uploaded += 1
            said += [text for text in errors(tab) if "unexpected" in text]
            samples.append(_state_of(server.process.pid))
        for tab in tabs:
            tab.close()
        browser.close()
    server.stop()
    log = (place / "server.log").read_text(errors="replace")
    slow = ("pages that did not rest within two minutes", f"{len(late)} {' '.join(late)}".strip())
    return [*_load_rows(samples, opened, uploaded, args), slow, *_planted(place, began, said, log)]


def _load_rows(
    samples: list[tuple[float, int, int]], opened: int, uploaded: int, args: argparse.Namespace
) -> list[Row]:
    parts = [list(part) for part in np.array_split(np.array(samples), min(5, len(samples)))]
    memory, files, workers = ([statistics.median(row[k] for row in part) for part in parts] for k in range(3))
    where = f"{opened} pages and {uploaded} uploads of {args.megabytes:g} MB in {args.browsers} browsers"
    return [
        (f"{where}: server memory in each fifth of the time, MB", _listed(memory)),
        ("open files of the server", _listed(files)),
        ("threads of the server", _listed(workers)),
    ]


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:.0f}" for value in values)


def _planted(place: Path, began: float, said: list[str], log: str) -> list[Row]:
    """Files that were written since and hold the mark."""
    roots = {place, Path.home() / ".cache", Path(tempfile.gettempdir())}
    files = {Path(folder, name) for root in roots for folder, _, names in os.walk(root) for name in names}
    found = [path for path in files if _holds_mark(path, began)]
    tracebacks = ["Traceback" + part for part in log.split("Traceback")[1:]]
    for line in (*found, *tracebacks):
        print(line, file=sys.stderr)
    return [
        ("pages with an unexpected error", str(len(said))),
        ("files on disk with bytes of an upload", str(len(found))),
        ("tracebacks in the server's log", str(len(tracebacks))),
    ]


def _holds_mark(path: Path, since: float) -> bool:
    try:
        state = path.lstat()
        return stat.S_ISREG(state.st_mode) and state.st_mtime >= since and _MARK in path.read_bytes()
    except OSError:
        return False


def _picture(megabytes: float) -> bytes:
    """A PNG of noise of about so many megabytes, with the mark in its pixels and in its text."""
    side = max(48, round((megabytes * 1e6 / 3) ** 0.5))
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    pixels[0, : len(_MARK) // 3] = np.frombuffer(_MARK, np.uint8).reshape(-1, 3)
    text = PngInfo()
    text.add_text("Comment", _MARK.decode())
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=text, compress_level=0)
    return buffer.getvalue()


def _state_of(pid: int) -> tuple[float, int, int]:
    """Resident megabytes, open files and threads of a process."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(fields["VmRSS"].split()[0]) / 1000, len(os.listdir(f"/proc/{pid}/fd")), int(fields["Threads"])


if __name__ == "__main__":
    main()
