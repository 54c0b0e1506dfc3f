"""Faces found, faces missed, false finds and milliseconds of every detector, also on reduced copies of a frame.

    python benchmarks/detectors.py [FOLDER] [--boxes CSV] [--scenes N]

Drawn scenes of 640 x 480 have up to six faces at known places on a ground of shuffled face parts, so that every find is
right or false; every fourth has none. They are searched whole and, as video and webcam do, on copies of 480 and 320
pixels. The pictures of FOLDER are counted beside; with a table of their faces (columns picture, left, top, right,
bottom, in pixels) false finds are counted there too. Time is the thread's CPU time, the median of several runs: it
stays the same on a busy machine.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from fer_models.data.synthetic import SyntheticOptions, generate_face
from fer_models.faces.detect import DETECTORS, detect_faces
from fer_models.faces.download import yunet_path
from fer_models.faces.face import Face, to_longest_side
from fer_models.faces.image import read_image, resize

ENDINGS = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}
#: Longest sides of the copies that are searched.
COPIES = (640, 480, 320)
Box = tuple[float, float, float, float]


def scene(seed: int, faces: Sequence[np.ndarray]) -> tuple[np.ndarray, list[Box]]:
    """A frame of 640 x 480 with drawn faces at places of its own, and their boxes."""
    random = np.random.default_rng(seed)
    ground = resize(faces[seed % len(faces)], (480, 640))
    tiles = [ground[y : y + 40, x : x + 40] for y in range(0, 480, 40) for x in range(0, 640, 40)]
    order = random.permutation(len(tiles))
    rows = [np.hstack([tiles[order[16 * row + column]] for column in range(16)]) for row in range(12)]
    frame = np.vstack(rows)
    boxes: list[Box] = []
    # Six places of a raster, so that no face lies on another one.
    for place in random.permutation(6)[: 0 if seed % 4 == 3 else random.integers(1, 7)]:
        side = int(random.integers(70, 190))
        left = int(213 * (place % 3) + random.integers(0, 213 - side))
        top = int(240 * (place // 3) + random.integers(0, 240 - side))
        frame[top : top + side, left : left + side] = resize(faces[int(random.integers(len(faces)))], side)
        boxes.append((left, top, left + side, top + side))
    return frame, boxes


def judged(found: Sequence[Face], true: Sequence[Box]) -> tuple[int, int]:
    """Faces found and false finds: each find takes the nearest face left that fits in place and size."""
    free, hits = list(true), 0
    for face in found:
        x, y, side = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2, face.height
        fitting = []
        for box in free:
            size = max(box[2] - box[0], box[3] - box[1])
            far = np.hypot(x - (box[0] + box[2]) / 2, y - (box[1] + box[3]) / 2)
            if far < 0.3 * size and 0.5 < side / size < 1.7:
                fitting.append((far, box))
        if fitting:
            free.remove(min(fitting)[1])
            hits += 1
    return hits, len(found) - hits


def search(image: np.ndarray, detector: str, longest: int) -> list[Face]:
    """Faces of the reduced copy, their boxes in pixels of the picture."""
    small, scale = to_longest_side(image, longest)
    return [
        Face(tuple(edge / scale for edge in face.box), face.score, None, face.detector)  # type: ignore[arg-type]
        for face in detect_faces(small, detector, min_size=24 * scale)
    ]


def milliseconds(image: np.ndarray, detector: str, longest: int, runs: int) -> float:
    """Median CPU time of one search."""
    times = []
    for _ in range(runs):
        start = time.thread_time()
        search(image, detector, longest)
        times.append(1000 * (time.thread_time() - start))
    return statistics.median(times)


def drawn(detectors: Sequence[str], count: int) -> None:
    options = SyntheticOptions(count=28, size=192, colour=True, seed=11, difficulty=0.3)
    faces = [generate_face(options, i).image for i in range(28)]
    scenes = [scene(seed, faces) for seed in range(count)]
    total, empty = sum(len(boxes) for _, boxes in scenes), sum(not boxes for _, boxes in scenes)
    print(f"{count} drawn scenes of 640 x 480 with {total} faces, {empty} of them without a face")
    print(f"{'detector':10}{'searched at':>12}{'found':>8}{'missed':>8}{'false':>8}{'CPU ms a frame':>16}")
    for name in detectors:
        for longest in COPIES:
            hits = false = 0
            times = []
            for frame, boxes in scenes:
                start = time.thread_time()
                found = search(frame, name, longest)
                times.append(1000 * (time.thread_time() - start))
                right, wrong = judged(found, boxes)
                hits, false = hits + right, false + wrong
            print(f"{name:10}{longest:12}{hits:8}{total - hits:8}{false:8}{statistics.median(times):16.1f}", flush=True)


def photographs(detectors: Sequence[str], folder: Path, table: Path | None, runs: int) -> None:
    true: dict[str, list[Box]] = {}
    if table is not None:
        with table.open(newline="") as file:
            for row in csv.DictReader(file):
                box = (float(row["left"]), float(row["top"]), float(row["right"]), float(row["bottom"]))
                true.setdefault(Path(row["picture"]).stem, []).append(box)
    print(f"{'picture':28}{'detector':10}{'finds':>6}{'faces':>7}{'missed':>8}{'false':>7}{'CPU ms 640':>12}  scores")
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS):
        image = read_image(path)
        for name in detectors:
            found = search(image, name, 640)
            known = true.get(path.stem)
            counts = ["-", "-", "-"]
            if known is not None:
                right, wrong = judged(found, known)
                counts = [str(len(known)), str(len(known) - right), str(wrong)]
            scores = " ".join(f"{face.score:.2f}" for face in found)
            took = milliseconds(image, name, 640, runs)
            judgement = f"{counts[0]:>7}{counts[1]:>8}{counts[2]:>7}"
            print(f"{path.stem:28}{name:10}{len(found):6}{judgement}{took:12.1f}  {scores}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="photographs")
    parser.add_argument("--boxes", type=Path, help="CSV with the faces of the photographs")
    parser.add_argument("--scenes", type=int, default=24)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    detectors = [name for name in DETECTORS if name != "whole" and (name != "yunet" or yunet_path().is_file())]
    print(f"{os.cpu_count()} cores, 1 thread, OpenCV {cv2.__version__}, load {os.getloadavg()[0]:.1f}")
    if arguments.scenes:
        drawn(detectors, arguments.scenes)
    if arguments.folder:
        photographs(detectors, arguments.folder, arguments.boxes, arguments.runs)


if __name__ == "__main__":
    main()
