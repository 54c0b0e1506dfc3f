"""The limits of ``fer_models/image_quality.py``: percentiles over FER2013's Training images.

    FER_DATA=... python benchmarks/image_quality.py [--faces N]

Light, contrast and sharpness are measured on all images; tilt and the part inside the image on the faces that YuNet
finds in N of them. Last, how many of N images each doubt is raised on, as they are and changed.
"""

from __future__ import annotations

import argparse
from collections import Counter

import cv2
import numpy as np

from fer_models.crop import crop_for
from fer_models.data import open_dataset
from fer_models.faces.detect import detect_faces
from fer_models.faces.whole import whole_face
from fer_models.folders import data_folder
from fer_models.image_quality import pixel_measures, quality_of
from fer_models.preprocess import Preprocess

LOW, HIGH = 0.5, 99.5
CHANGES = {
    "as it is": lambda image: image,
    "an eighth of the light": lambda image: image // 8,
    "a tenth of the contrast": lambda image: (112 + image // 10).astype(np.uint8),
    "blurred, sigma 2 of 48 pixels": lambda image: cv2.GaussianBlur(image, (0, 0), 2),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, default=3000, metavar="N")
    arguments = parser.parse_args()
    dataset = open_dataset(data_folder() / "fer2013")
    images = [np.asarray(dataset.images[row]) for row in dataset.split_index("Training")]
    grey = [image if image.ndim == 2 else image[..., 0] for image in images]
    measures = np.array([pixel_measures(image) for image in grey])
    for name, values in zip(("brightness", "contrast", "sharpness"), measures.T, strict=True):
        print(
            f"{name:<12} n = {len(values):,}  percentiles {LOW}, 50, {HIGH}: {np.percentile(values, (LOW, 50, HIGH))}"
        )
    chosen = np.random.default_rng(0).choice(len(grey), min(arguments.faces, len(grey)), replace=False)
    preprocess = Preprocess()
    tilts, inside = [], []
    for row in chosen:
        image = np.repeat(grey[row][:, :, None], 3, 2)
        for face in detect_faces(image, "yunet")[:1]:
            measured = quality_of(image, face, crop_for(image, face, preprocess))
            tilts.append(abs(measured.tilt or 0.0))
            inside.append(measured.inside)
    print(f"tilt         n = {len(tilts):,}  percentile {HIGH}: {np.percentile(tilts, HIGH):.1f}")
    print(f"inside       n = {len(inside):,}  percentile {LOW}: {np.percentile(inside, LOW):.3f}")
    for change, apply in CHANGES.items():
        count: Counter[str] = Counter()
        for row in chosen:
            image = apply(np.repeat(grey[row][:, :, None], 3, 2))
            face = whole_face(image)
            count.update(quality_of(image, face, crop_for(image, face, preprocess)).doubts)
        shares = ", ".join(f"{doubt} {100 * n / len(chosen):.1f} %" for doubt, n in count.items())
        print(f"{change}: {shares or 'no doubt'}")


if __name__ == "__main__":
    main()
