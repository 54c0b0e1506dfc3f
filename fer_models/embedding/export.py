"""A map as files: Parquet with ids and coordinates, a PNG, its figures as JSON, and TensorBoard's projector format."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import cv2
import numpy as np

from fer_models.absent_images import MeanFaces
from fer_models.data.dataset import FaceDataset
from fer_models.embedding.maps import FaceMap
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.faces.image import encode_png
from fer_models.json_text import json_text
from fer_models.labels import colour

TABLE, PICTURE, FIGURES, PROJECTOR = "map.parquet", "map.png", "figures.json", "projector"
#: The largest side of a sprite that TensorBoard's projector takes, in pixels.
SPRITE_LIMIT = 8192


def write_map(
    face_map: FaceMap, faces: Evaluation, dataset: FaceDataset, features: np.ndarray, folder: str | Path
) -> list[Path]:
    """Write a map into a folder and return the files.

    Args:
        face_map: the map of N faces.
        faces: the predictions of these faces.
        dataset: their data set.
        features: (N, F), for the projector.
        folder: created if missing.

    Raises:
        UserError: If the folder cannot be written.
    """
    folder = Path(folder)
    try:
        (folder / PROJECTOR).mkdir(parents=True, exist_ok=True)
        _write_table(face_map, faces, folder / TABLE)
        (folder / PICTURE).write_bytes(encode_png(picture(face_map, faces)))
        figures = {
            "data": faces.data,
            "split": faces.split,
            "n": faces.n,
            "notes": list(faces.notes),
            "settings": face_map.settings.relevant(),
            "seconds": face_map.seconds,
            "original_features": {
                **dataclasses.asdict(face_map.separation),
                "inter_over_intra": face_map.separation.ratio,
            },
            "map": {**dataclasses.asdict(face_map.faithfulness), "sentence": face_map.faithfulness.sentence()},
        }
        (folder / FIGURES).write_text(json_text(figures, indent=2) + "\n", encoding="utf-8")
        _write_projector(faces, dataset, features, folder / PROJECTOR)
    except OSError as error:
        reason = error.strerror or "the file system refused it"
        raise UserError(f"The map cannot be written to {folder} ({reason}); choose another folder.") from None
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _write_table(face_map: FaceMap, faces: Evaluation, file: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    names = np.asarray(faces.classes)
    columns = {
        "row": faces.rows,
        "position": faces.positions,
        "split": np.full(faces.n, faces.split),
        "target": names[faces.targets],
        "prediction": names[faces.predictions],
        "confidence": faces.probabilities.max(1),
        "outlier_factor": face_map.outlier,
        **{axis: face_map.coordinates[:, k] for k, axis in enumerate("xyz"[: face_map.coordinates.shape[1]])},
    }
    parquet.write_table(pyarrow.table(columns), file)


def picture(face_map: FaceMap, faces: Evaluation, side: int = 1200) -> np.ndarray:
    """The map as uint8 RGB (H, side, 3): a dot a face in its class's colour, a cross where the network is wrong.

    Outliers have red rings; the legend is below. Of a map in three dimensions, the first two are drawn.
    """
    scale, margin, line = side / 1200, round(0.05 * side), round(44 * side / 1200)
    canvas = np.full((side + line * (1 + math.ceil(len(faces.classes) / 5)), side, 3), 255, np.uint8)
    points = face_map.coordinates[:, :2].astype(np.float64)
    if points.shape[1] == 1:
        points = np.column_stack([points, np.zeros(len(points))])
    low, span = points.min(0), max(float(np.ptp(points, axis=0).max()), 1e-9)
    offset = (side - 2 * margin) * (1 - np.ptp(points, axis=0) / span) / 2
    pixels = np.rint(margin + offset + (points - low) / span * (side - 2 * margin)).astype(int)
    pixels[:, 1] = side - pixels[:, 1]
    radius = max(2, round((5 if len(points) < 5000 else 3) * scale))
    inks = [_rgb(colour(name)) for name in faces.classes]
    for i, (x, y) in enumerate(pixels.tolist()):
        ink = inks[int(faces.targets[i])]
        if faces.predictions[i] == faces.targets[i]:
            cv2.circle(canvas, (x, y), radius, ink, -1, cv2.LINE_AA)
        else:
            cv2.drawMarker(canvas, (x, y), ink, cv2.MARKER_TILTED_CROSS, 2 * radius + 2, 2, cv2.LINE_AA)
    for x, y in pixels[face_map.outliers()].tolist():
        cv2.circle(canvas, (x, y), radius + 5, (224, 43, 32), 2, cv2.LINE_AA)
    for k, name in enumerate(faces.classes):
        x, y = margin + (k % 5) * (side - margin) // 5, side + line * (k // 5) + line // 2
        cv2.circle(canvas, (x, y - round(6 * scale)), radius + 2, inks[k], -1, cv2.LINE_AA)
        _text(canvas, name, (x + round(18 * scale), y), 0.7 * scale)
    legend = "colour: true class; cross: wrong answer; red ring: far from all others"
    _text(canvas, legend, (margin, len(canvas) - line // 2), 0.7 * scale)
    return canvas


def _rgb(text: str) -> tuple[int, int, int]:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _text(canvas: np.ndarray, text: str, corner: tuple[int, int], scale: float) -> None:
    cv2.putText(canvas, text, corner, cv2.FONT_HERSHEY_SIMPLEX, scale, (27, 34, 38), 1, cv2.LINE_AA)


def _write_projector(faces: Evaluation, dataset: FaceDataset, features: np.ndarray, folder: Path) -> None:
    """``tensorboard --logdir FOLDER`` shows it: vectors, metadata, and a sprite of all faces, in one order."""
    np.savetxt(folder / "vectors.tsv", np.asarray(features, np.float32), fmt="%.6g", delimiter="\t")
    lines = ["row\ttarget\tprediction\tright"]
    for i in range(faces.n):
        target, answer = (faces.classes[int(k[i])] for k in (faces.targets, faces.predictions))
        lines.append(f"{int(faces.rows[i])}\t{target}\t{answer}\t{'yes' if target == answer else 'no'}")
    (folder / "metadata.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    tile, tiles = sprite(dataset.images, faces.positions)
    (folder / "sprite.png").write_bytes(encode_png(tiles))
    (folder / "projector_config.pbtxt").write_text(
        'embeddings {\n  tensor_name: "faces"\n  tensor_path: "vectors.tsv"\n  metadata_path: "metadata.tsv"\n'
        '  sprite {\n    image_path: "sprite.png"\n'
        f"    single_image_dim: {tile}\n    single_image_dim: {tile}\n  }}\n}}\n",
        encoding="utf-8",
    )


def sprite(images: np.ndarray | MeanFaces, positions: np.ndarray, limit: int = SPRITE_LIMIT) -> tuple[int, np.ndarray]:
    """Side of a tile in pixels, and a square of tiles, uint8 (S, S) or (S, S, 3) with S at most ``limit``.

    Tiles go row by row, at most 48 pixels each, smaller where many faces would pass the limit.

    Raises:
        UserError: If not even a pixel is left for each face.
    """
    columns = math.ceil(math.sqrt(len(positions)))
    tile = min(48, limit // columns)
    if tile < 1:
        raise UserError(f"{len(positions):,} faces do not fit into a sprite of {limit} pixels; choose fewer points.")
    canvas = np.zeros((columns * tile, columns * tile, images.shape[3]), np.uint8)
    for i, position in enumerate(positions):
        y, x = (tile * k for k in divmod(i, columns))
        face = cv2.resize(np.asarray(images[int(position)]), (tile, tile), interpolation=cv2.INTER_AREA)
        canvas[y : y + tile, x : x + tile] = face.reshape(tile, tile, -1)
    return tile, canvas[:, :, 0] if canvas.shape[2] == 1 else canvas
