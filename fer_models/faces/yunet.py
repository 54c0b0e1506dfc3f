"""YuNet: a small network that finds faces with five landmarks; used when its file is present."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import cv2
import numpy as np

from fer_models.errors import UserError
from fer_models.faces.download import check_file, yunet_path
from fer_models.faces.face import DETECTORS, Detector, Face, to_longest_side

_LONGEST = 640
#: Smaller pictures are enlarged: YuNet was trained on faces of ten pixels and more in large pictures.
_SHORTEST = 160
_NMS_THRESHOLD = 0.3
_TOP_K = 5000


@DETECTORS.register("yunet")
class YuNet(Detector):
    """OpenCV's ``FaceDetectorYN``. Score: the geometric mean of the network's class and overlap outputs, in [0, 1]."""

    title = "YuNet"
    summary = "A small network with five landmarks: fast, finds turned and small faces; its file is downloaded once."
    source = "Wu et al., YuNet: A Tiny Millisecond-level Face Detector, Machine Intelligence Research 2023."
    square_scale = 1.01
    default_threshold = 0.7

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._network: cv2.FaceDetectorYN | None = None
        self._loaded: tuple[Path, int, int] | None = None

    def available(self) -> bool:
        """Whether its file is present.

        Raises:
            UserError: If ``FER_YUNET`` or the cache names a file that is not YuNet's.
        """
        with self._lock:
            return self._load() is not None

    def detect(self, image: np.ndarray, min_size: float, score_threshold: float) -> list[Face]:
        """Faces with landmarks, on a copy with longest side 640 pixels.

        Raises:
            UserError: If its file is missing or is not the expected one.
        """
        small, scale = to_longest_side(image, _LONGEST, _SHORTEST)
        bgr = np.ascontiguousarray(small[:, :, ::-1])
        with self._lock:
            network = self._load()
            if network is None:
                raise UserError("The YuNet detector is not on this machine; run `fer detectors get yunet` first.")
            network.setInputSize((bgr.shape[1], bgr.shape[0]))
            network.setScoreThreshold(float(np.clip(score_threshold, 0.01, 1.0)))
            _, rows = network.detect(bgr)
        return [] if rows is None else [_face(row, scale) for row in rows]

    def _load(self) -> cv2.FaceDetectorYN | None:
        path = yunet_path()
        try:
            state = path.stat()
        except OSError:
            if os.environ.get("FER_YUNET"):
                check_file(path)  # Report a setting that points to a missing file.
            return None
        key = (path, state.st_mtime_ns, state.st_size)
        if key != self._loaded:
            check_file(path)
            self._network = cv2.FaceDetectorYN.create(str(path), "", (320, 320), 0.5, _NMS_THRESHOLD, _TOP_K)
            self._loaded = key
        return self._network


def _face(row: np.ndarray, scale: float) -> Face:
    x, y, width, height = (float(value) / scale for value in row[:4])
    landmarks = (row[4:14].reshape(5, 2) / scale).astype(np.float32)
    return Face((x, y, x + width, y + height), float(row[14]), landmarks, "yunet")
