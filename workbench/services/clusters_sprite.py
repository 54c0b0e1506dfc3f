"""The faces of a map in one picture, so that the one under the mouse is shown at once, without asking the server."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np

from fer_models.data import FaceDataset
from fer_models.embedding.export import sprite
from fer_models.evaluation.evaluate import Evaluation

#: Side of all faces together in pixels: 36,000 faces become 18 pixels each, up to 5,600 keep 48.
_SIDE = 3600


def hover(faces: Evaluation, dataset: FaceDataset) -> dict[str, Any]:
    """What the page needs to show any face of the map with its words: a JPEG of all of them, and what is known of each.

    ``position`` of the data set leads to the place of a face; ``sure`` is the confidence in per cent.
    """
    tile, picture = sprite(dataset.images, faces.positions, _SIDE)
    shown = picture if picture.ndim == 2 else np.ascontiguousarray(picture[:, :, ::-1])
    done, data = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, 75])
    assert done, "a uint8 picture can always be encoded"
    return {
        "sprite": "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode(),
        "tile": tile,
        "columns": picture.shape[0] // tile,
        "classes": list(faces.classes),
        "positions": faces.positions.tolist(),
        "rows": faces.rows.tolist(),
        "targets": faces.targets.tolist(),
        "predictions": faces.predictions.tolist(),
        "sure": np.rint(100 * faces.probabilities.max(1)).astype(int).tolist(),
    }
