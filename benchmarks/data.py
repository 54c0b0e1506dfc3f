"""Reading, opening, auditing and paging data sets: seconds and peak memory, each step in a process of its own.

    python benchmarks/data.py [fer2013.csv]

Without a file, a CSV of FER2013's shape (35,887 rows of smooth noise) is made. The peer for reading is pandas with a
split of every row, as most published loaders do it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROWS = 35_887
LARGE, LARGE_SIDE = 450_000, 96
PAGE = 60


def make_csv(path: Path) -> None:
    """A CSV of FER2013's shape with pictures of smooth noise; every hundredth is a copy of an earlier one."""
    import cv2

    random = np.random.default_rng(0)
    rows = []
    with path.open("w") as handle:
        handle.write("emotion,pixels,Usage\n")
        for i in range(ROWS):
            small = random.integers(0, 256, (12, 12), dtype=np.uint8)
            rows.append(" ".join(map(str, cv2.resize(small, (48, 48), interpolation=cv2.INTER_CUBIC).ravel().tolist())))
            usage = "Training" if i < 28_709 else "PublicTest" if i < 32_298 else "PrivateTest"
            handle.write(f"{i % 7},{rows[i // 2] if i % 100 == 99 else rows[i]},{usage}\n")


def make_large(folder: Path) -> None:
    """A store of 450,000 pictures of 96 pixels, all zeros and sparse on disk, in place of that of a tiny folder."""
    import cv2

    from fer_models.data import open_dataset
    from fer_models.folders import cache_folder

    for word in ("happy", "sad"):
        (folder / word).mkdir(parents=True)
        cv2.imwrite(str(folder / word / "1.png"), np.zeros((LARGE_SIDE, LARGE_SIDE), np.uint8))
    before = set((cache_folder() / "stores").glob("*"))
    open_dataset(folder)
    (store,) = set((cache_folder() / "stores").glob("*")) - before
    for file in store.glob("*.npy"):
        old = np.load(file)
        np.lib.format.open_memmap(file, "w+", old.dtype, (LARGE, *old.shape[1:])).flush()


def read_pandas(path: Path) -> str:
    """The peer: pandas, then a split of every row."""
    import pandas as pd

    table = pd.read_csv(path)
    images = np.stack([np.asarray(text.split(), np.uint8) for text in table["pixels"]])
    return f"{len(images):,} rows"


def read(path: Path) -> str:
    """Opening for the first time: parse, write the store, open it."""
    from fer_models.data import open_dataset

    return f"{len(open_dataset(path)):,} rows"


def run_audit(path: Path) -> str:
    """The whole audit of an opened set."""
    from fer_models.data import open_dataset
    from fer_models.data.audit import audit

    report = audit(open_dataset(path)).to_json()
    return ", ".join(f"{name}: {leak['exact']} exact, {leak['near']} near" for name, leak in report["leaks"].items())


def page(path: Path) -> str:
    """Open the set, filter it by class and take one page of pictures from its middle."""
    from fer_models.data import open_dataset

    data = open_dataset(path)
    chosen = np.flatnonzero(data.labels == 0)
    pictures = data.images[chosen[len(chosen) // 2 :][:PAGE]]
    return f"{len(pictures)} of {len(data):,}"


STEPS: dict[str, Callable[[Path], str]] = {
    "read_pandas": read_pandas,
    "read": read,
    "open": read,
    "audit": run_audit,
    "page": page,
    "open_large": read,
    "page_large": page,
}


def step(name: str, path: Path) -> None:
    """Run one step in this process; imports are not counted."""
    import fer_models.data.audit  # noqa: F401 (only imported)
    import fer_models.data.readers  # noqa: F401 (only imported)
    import fer_models.faces.image  # noqa: F401 (reading imports it late)

    if name == "read_pandas":
        import pandas  # noqa: F401

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, cpu = time.perf_counter(), time.process_time()
    found = STEPS[name](path)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak / 1024, "more": (peak - before) / 1024, "is": found})
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", type=Path, nargs="?")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        step(arguments.step, arguments.csv)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FER_CACHE"] = f"{folder}/cache"
        csv = arguments.csv
        if csv is None:
            csv = Path(folder, "fer2013.csv")
            make_csv(csv)
        large = Path(folder, "large")
        make_large(large)
        print(f"{csv.stat().st_size / 1e6:.0f} MB, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print(f"{'step':<12} {'seconds':>8} {'cpu s':>7} {'peak MB':>8} {'of it new':>9}  result")
        for name in STEPS:
            path = large if name.endswith("_large") else csv
            command = [sys.executable, __file__, "--step", name, str(path)]
            result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(
                f"{name:<12} {result['seconds']:>8.3f} {result['cpu']:>7.2f} {result['peak']:>8.0f} "
                f"{result['more']:>9.0f}  {result['is']}",
                flush=True,
            )


if __name__ == "__main__":
    main()
