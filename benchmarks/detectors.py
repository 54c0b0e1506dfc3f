"""Faces found, false finds and milliseconds of every detector on a folder of pictures.

    python benchmarks/detectors.py FOLDER [--expect NAME=COUNT ...]

A picture's expected number of faces is given by ``--expect`` (file name without its ending) and is otherwise left open.
Time is the median of several runs, on a copy with longest side 640 pixels and on one of 640 x 480 (a webcam's frame,
edges repeated), after one run that loads the detector.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

import cv2
import numpy as np

from fer_models.faces.detect import DETECTORS, detect_faces
from fer_models.faces.download import yunet_path
from fer_models.faces.face import to_longest_side
from fer_models.faces.image import read_image

ENDINGS = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}


def as_frame(image: np.ndarray) -> np.ndarray:
    """A 640 x 480 copy: the picture is scaled to fit, its edges are repeated."""
    height, width = image.shape[:2]
    scale = min(640 / width, 480 / height)
    size = (min(480, round(height * scale)), min(640, round(width * scale)))
    small = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
    top, left = (480 - size[0]) // 2, (640 - size[1]) // 2
    return np.pad(small, ((top, 480 - size[0] - top), (left, 640 - size[1] - left), (0, 0)), mode="edge")


def milliseconds(image: np.ndarray, detector: str, runs: int) -> float:
    """Median time of one detection."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        detect_faces(image, detector)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--expect", nargs="*", default=[], metavar="NAME=COUNT")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    cv2.setNumThreads(arguments.threads)
    expected = dict(pair.rsplit("=", 1) for pair in arguments.expect)
    detectors = [name for name in DETECTORS if name != "yunet" or yunet_path().is_file()]
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, {arguments.threads} thread(s), OpenCV {cv2.__version__}, load {load:.1f}")
    print(f"{'picture':28} {'detector':8} {'found':>5} {'expected':>8} {'ms 640':>8} {'ms 640x480':>10}  scores")
    for path in sorted(p for p in arguments.folder.iterdir() if p.suffix.lower() in ENDINGS):
        image = read_image(path)
        small, frame = to_longest_side(image, 640)[0], as_frame(image)
        for name in detectors:
            faces = detect_faces(image, name)
            scores = " ".join(f"{face.score:.2f}" for face in faces)
            print(
                f"{path.stem:28} {name:8} {len(faces):5} {expected.get(path.stem, '-'):>8} "
                f"{milliseconds(small, name, arguments.runs):8.1f} {milliseconds(frame, name, arguments.runs):10.1f}"
                f"  {scores}",
                flush=True,
            )


if __name__ == "__main__":
    main()
