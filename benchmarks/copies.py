"""Which planted copies the search finds, and a sheet of drawn pairs to judge by eye.

Run: ``python benchmarks/copies.py DATA``, for instance with ``fer2013``.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import cv2
import numpy as np

from fer_models.data import open_dataset
from fer_models.data.leaks.duplicates import NEAR, find_duplicates

_BANDS = ((0.93, 0.95), (0.95, 0.97), (0.97, 0.99))

_CHANGES = (
    *("shift 1", "shift 2", "shift 3", "crop 4 %", "crop 8 %", "mirrored", "darker", "JPEG 30", "watermark"),
    *("shift 3 + mirrored", "crop 8 % + darker", "crop 8 % + shift 2"),
)


def changed(grey: np.ndarray, how: str) -> np.ndarray:
    """A copy of a picture (H, W) uint8."""
    side = grey.shape[0]
    if "+" in how:
        for part in how.split(" + "):
            grey = changed(grey, part)
        return grey
    if how == "mirrored":
        return np.ascontiguousarray(grey[:, ::-1])
    if how.startswith("shift"):
        move = np.float32([[1, 0, int(how[-1])], [0, 1, int(how[-1])]])
        return cv2.warpAffine(grey, move, (side, side), borderMode=cv2.BORDER_REPLICATE)
    if how.startswith("crop"):
        scale = 1 / (1 - int(how.split()[1]) / 100)
        zoom = np.float32([[scale, 0, side / 2 * (1 - scale)], [0, scale, side / 2 * (1 - scale)]])
        return cv2.warpAffine(grey, zoom, (side, side))
    if how == "darker":
        return (grey * 0.7 + 20).astype(np.uint8)
    if how.startswith("JPEG"):
        coded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(how.split()[1])])[1]
        return cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
    marked = cv2.putText(grey.copy(), "photo", (4, side * 5 // 6), cv2.FONT_HERSHEY_SIMPLEX, side / 110, 255, 1)
    return cv2.addWeighted(grey, 0.5, marked, 0.5, 0)


def main() -> None:
    """Print the time, the pairs, copies across splits and the share of planted copies that is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--planted", type=int, default=300)
    parser.add_argument("--sheet", type=Path)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    dataset = open_dataset(args.data)
    images = np.asarray(dataset.images)
    start = time.process_time()
    found = find_duplicates(images)
    seconds, peak = time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{len(images):,} images: {seconds:.0f} s of one core, {peak:.1f} GB, {len(found.pairs):,} near pairs")
    train = dataset.split == 0
    for what, near in (("exact", found.exact_copy_in(train)), ("all", found.near_copy_in(train, mirrored=True))):
        print(f"images of other splits with a copy in {dataset.split_names[0]}, {what}: {int(near[~train].sum()):,}")
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.choice(len(images), args.planted, replace=False))
    beside = np.sort(rng.choice(np.setdiff1d(np.arange(len(images)), chosen), 3000, replace=False))
    for how in _CHANGES:
        copies = np.stack([changed(images[i, ..., 0], how) for i in chosen])[..., None]
        result = find_duplicates(np.concatenate([images[chosen], images[beside], copies]))
        first, n = result.first, len(chosen) + len(beside)
        joined = {(int(i), int(j)) for i, j in result.pairs} | {(int(first[n + k]), n + k) for k in range(len(chosen))}
        print(f"{how}: {100 * np.mean([(k, n + k) in joined for k in range(len(chosen))]):.1f} % found", flush=True)
    if args.sheet:
        sheet(images, found.pairs, found.cosine, found.mirrored, args.sheet)


def sheet(images: np.ndarray, pairs: np.ndarray, cosine: np.ndarray, mirrored: np.ndarray, file: Path) -> None:
    """24 drawn pairs of each band of the correlation, two rows a band."""
    rng, rows = np.random.default_rng(0), []
    for low, high in _BANDS:
        members = np.flatnonzero((cosine > max(low, NEAR)) & (cosine <= high))
        tiles = []
        for n in rng.choice(members, min(24, len(members)), replace=False):
            first, second = (images[k, ..., 0] for k in pairs[n])
            second = second[:, ::-1] if mirrored[n] else second
            tiles.append(np.hstack([first, second, np.full((len(first), 6), 255, np.uint8)]))
        tiles += [np.full_like(tiles[0], 255)] * (24 - len(tiles))
        rows += [np.hstack(tiles[:12]), np.hstack(tiles[12:])]
    cv2.imwrite(str(file), np.vstack(rows))


if __name__ == "__main__":
    main()
