"""What a reader returns: labels and origin of every picture, with its pixels or its file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fer_models.arrays import LUMA
from fer_models.errors import UserError

_BATCH = 256
#: Grey levels between the darkest and the brightest pixel below which a picture counts as blank.
_EVEN = 8
#: Column of a stored data set: the side in pixels, before resizing, of the square that became each picture, int32 (N,).
SIDE = "original side"
#: Images that are looked at for the size of faces, the side in pixels up to which images are cut to the face already,
#: and the part of the side that a face fills at least in such images.
_SAMPLE, _CUT, _FILLED = 8, 64, 0.65
_LUMA = np.asarray(LUMA, np.float32)


@dataclass
class Listing:
    """Everything about a data set before its pictures are decoded; all arrays have N rows.

    Args:
        name, labels, classes, split, split_names, rows, subjects, soft_labels, columns, notes: as in
            :class:`fer_models.data.FaceDataset`.
        pictures: uint8 (N, H, W, C), or N files to decode.
        files: the files whose size and time decide whether a store is still valid; by default the pictures.
        root: the folder that was searched for pictures: a file added to or removed from it makes a store outdated.
        size: side in pixels to which files are resized unless the user chose one.
        channels: 1 or 3, likewise.
        drop_black: leave out pictures without any contrast, as unreadable ones are.
        crop: ``"middle"`` keeps the largest square in the middle of a file's picture, ``"face"`` the largest face that
            is found in it, framed as FER2013 frames faces; the middle where none is found. ``"auto"`` takes the face
            where a sample says that faces fill little of the images (:func:`framed`).
        boxes: float64 (N, 4), left, top, right, bottom in pixels of each file: the data set's own face boxes, which are
            cut out instead; the square around a box has its longest side.
    """

    name: str
    pictures: np.ndarray | list[Path]
    labels: np.ndarray
    classes: tuple[str, ...]
    split: np.ndarray
    split_names: tuple[str, ...]
    rows: np.ndarray
    subjects: np.ndarray | None = None
    soft_labels: np.ndarray | None = None
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    files: list[Path] | None = None
    root: Path | None = None
    size: int = 96
    channels: int = 3
    drop_black: bool = False
    crop: str = "middle"
    boxes: np.ndarray | None = None

    def source_files(self) -> list[Path]:
        """Files that the listing was made from."""
        if self.files is not None:
            return self.files
        return self.pictures if isinstance(self.pictures, list) else []


def shape_of(listing: Listing, size: int | None, channels: int | None) -> tuple[int, int, int]:
    """Height, width and channels of the stored pictures: the user's choice, else the listing's."""
    if isinstance(listing.pictures, np.ndarray):
        stored = listing.pictures.shape
        return size or stored[1], size or stored[2], channels or stored[3]
    return size or listing.size, size or listing.size, channels or listing.channels


def fit(image: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Bring a uint8 picture (H, W, C) to ``shape``: the largest square from its middle, resized, grey or RGB."""
    from fer_models.faces.image import resize

    height, width, channels = shape
    if image.shape[0] != image.shape[1] and height == width:
        side = min(image.shape[:2])
        top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
        image = image[top : top + side, left : left + side]
    if channels == 1 and image.shape[2] == 3:
        if (image[..., :1] == image).all():
            image = image[..., :1]
        else:
            image = np.rint(image.astype(np.float32) @ _LUMA).astype(np.uint8)[..., None]
    image = resize(image, (height, width)).reshape(height, width, -1)
    return np.repeat(image, 3, axis=2) if channels == 3 and image.shape[2] == 1 else image


@dataclass(frozen=True)
class Batch:
    """Pictures uint8 (B, H, W, C) with their positions in the listing, and sentences on files left out or doubtful.

    ``sides`` int32 (B,): as the column :data:`SIDE`.
    """

    positions: np.ndarray
    pictures: np.ndarray
    sides: np.ndarray
    left_out: list[str] = field(default_factory=list)
    without_face: list[str] = field(default_factory=list)


def decode(listing: Listing, shape: tuple[int, int, int]) -> Iterator[Batch]:
    """The pictures of a listing in order, decoded, cropped and resized to ``shape`` (H, W, C)."""
    count = len(listing.labels)
    if isinstance(listing.pictures, np.ndarray):
        for start in range(0, count, _BATCH):
            part = listing.pictures[start : start + _BATCH]
            sides = np.full(len(part), min(part.shape[1:3]), np.int32)
            if part.shape[1:] != shape:
                part = np.stack([fit(image, shape) for image in part])
            yield Batch(np.arange(start, start + len(part)), part, sides)
        return
    with ThreadPoolExecutor(2) as pool:  # Decoding and resizing leave the interpreter lock.
        for start in range(0, count, _BATCH):
            positions = range(start, min(start + _BATCH, count))
            results = list(pool.map(lambda position: _load(position, shape, listing), positions))
            good = [i for i, (picture, _, _) in enumerate(results) if picture is not None]
            pictures = [picture for picture, _, _ in results if picture is not None]
            yield Batch(
                np.asarray(good, np.int64) + start,
                np.stack(pictures) if pictures else np.empty((0, *shape), np.uint8),
                np.asarray([side for picture, side, _ in results if picture is not None], np.int32),
                [word for picture, _, word in results if picture is None],
                [word for picture, _, word in results if picture is not None and word],
            )


def _load(position: int, shape: tuple[int, int, int], listing: Listing) -> tuple[np.ndarray | None, int, str]:
    """The picture, the side of its square in the file, and a remark on it; no picture if it is left out."""
    from fer_models.faces.image import read_image

    path = Path(listing.pictures[position])
    try:
        image = read_image(path)
    except UserError as error:
        return None, 0, f"{path.name}: {error}"
    if listing.drop_black and int(image.max()) - int(image.min()) < _EVEN:
        return None, 0, f"{path.name}: one even surface, no face"
    if listing.boxes is not None:
        from fer_models.faces.align import crop_face
        from fer_models.faces.face import Face

        left, top, right, bottom = (float(edge) for edge in listing.boxes[position])
        try:
            image = crop_face(image, Face((left, top, right, bottom), 1.0))[0]
        except ValueError:
            return None, 0, f"{path.name}: its face box has no area in the image"
    elif listing.crop == "face":
        from fer_models.faces.align import crop_face
        from fer_models.faces.detect import detect_faces

        faces = detect_faces(image)
        if not faces:
            return fit(image, shape), min(image.shape[:2]), path.name
        image = crop_face(image, max(faces, key=lambda face: face.area))[0]
    return fit(image, shape), min(image.shape[:2]), ""


def framed(listing: Listing) -> Listing:
    """The listing with ``"auto"`` decided, and with a note where faces fill little of whole photographs.

    Faces are looked for in a sample of the files; images up to 64 pixels are cut to the face already.
    """
    if listing.crop == "face" or listing.boxes is not None or not isinstance(listing.pictures, list):
        return listing
    share = _face_share(listing.pictures)
    small = share is not None and share < _FILLED
    if listing.crop == "auto":
        listing = dataclasses.replace(listing, crop="face" if small else "middle")
    if share is None or not small:
        return listing
    filled = f"Faces fill {100 * share:.0f} % of the images' sides (median of a sample)"
    done = "the face of each is cut out" if listing.crop == "face" else "read the set with the option crop=face"
    return dataclasses.replace(listing, notes=(*listing.notes, f"{filled}: {done}."))


def _face_share(files: list[Path]) -> float | None:
    """Median side of the face in a sample of images, as a part of the image's shorter side.

    ``None`` where fewer than half of them show one face, or they are small.
    """
    from fer_models.faces.align import face_square
    from fer_models.faces.detect import detect_faces
    from fer_models.faces.image import read_image

    shares, looked_at = [], 0
    for file in files[:: max(1, len(files) // _SAMPLE)][:_SAMPLE]:
        try:
            image = read_image(file)
        except UserError:
            continue
        if min(image.shape[:2]) <= _CUT:
            return None
        looked_at += 1
        faces = detect_faces(image)
        if faces:
            left, _, right, _ = face_square(max(faces, key=lambda face: face.area))
            shares.append((right - left) / min(image.shape[:2]))
    return float(np.median(shares)) if shares and len(shares) >= looked_at / 2 else None
