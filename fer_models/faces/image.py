"""Decode and encode images: the only module that handles file formats, orientation, alpha, bit depth, colour order.

Inside the library images are uint8 RGB of shape ``(H, W, 3)``; what comes in here are unchecked bytes. The header is
checked before any pixel is decoded.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageFile, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from fer_models.errors import UserError
from fer_models.files import open_regular

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF")
FORMATS_SENTENCE = "PNG, JPEG, GIF, BMP, TIFF, WebP or AVIF"
MAX_BYTES = 50_000_000
MAX_PIXELS = 40_000_000
MIN_SIDE = 24
MID_GREY = 128
_CAMERA_BITS = (8, 10, 12, 14)
#: 65535 / 255: what eight bits are multiplied by to fill sixteen.
_EIGHT_IN_SIXTEEN = 257


def decode_image(data: bytes, *, name: str = "the image", max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Decode the bytes of a picture file into uint8 RGB of shape ``(H, W, 3)``.

    The EXIF orientation is applied; transparent pixels are laid on mid grey (128), which favours neither dark nor light
    faces; 16 bits a channel are reduced to 8 by their range, not stretched (an image that fits 8, 10, 12 or 14 bits
    has the range of such a camera); CMYK, palette and grey become RGB (embedded colour profiles are not applied); of an
    animation or a file with several pages the first is taken. 32-bit and floating-point pictures, which have no fixed
    range, are stretched from their smallest to their largest value.

    Raises:
        UserError: If the bytes are empty, too many, of another format, damaged or cut off, or if the header announces
            more than ``max_pixels`` pixels (checked before any is decoded).
    """
    if not data:
        raise UserError(f"{_begin(name)} is empty (0 bytes); choose a file with an image in it.")
    _check_bytes(len(data), name)
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise UserError(_too_many_pixels(name, "far too many pixels", max_pixels)) from None
    except UnidentifiedImageError:
        if kind := _other_kind(data):
            raise UserError(f"{_begin(name)} is {kind}; export it as JPEG or PNG.") from None
        raise UserError(
            f"{_begin(name)} is not an image that can be read here, or its start is damaged; "
            f"choose a {FORMATS_SENTENCE} file."
        ) from None
    except Exception:  # Pillow's readers raise many kinds of errors on hostile headers; all mean the same to the user.
        raise UserError(_damaged(name)) from None
    with picture:
        width, height = picture.size
        if width * height > max_pixels:
            raise UserError(_too_many_pixels(name, f"{width} x {height} pixels", max_pixels))
        try:
            deep = _deep_colours(picture, data)
            picture.load()
            return _to_rgb(_upright(picture if deep is None else deep))
        except Exception:  # As above: a damaged file may fail in any decoder, in any way.
            raise UserError(_damaged(name)) from None


def _other_kind(data: bytes) -> str | None:
    """What a file is that cannot be decoded here, by its first bytes; ``None`` if that is not known."""
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftyphevc"):
        return "a HEIC image, as phones take them"
    if data[4:8] == b"ftyp" or data[:4] in (b"\x1aE\xdf\xa3", b"OggS") or data[8:12] == b"AVI ":
        return "a video"
    kinds = {b"%PDF": "a PDF document", b"PK\x03\x04": "a ZIP archive", b"8BPS": "a Photoshop file", b"<svg": "an SVG"}
    return kinds.get(data[:4])


def read_image(path: str | Path, *, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Read a picture file into uint8 RGB of shape ``(H, W, 3)``, as :func:`decode_image`.

    Raises:
        UserError: If there is no such file, it cannot be opened, it is larger than :data:`MAX_BYTES` (checked before it
            is read), or :func:`decode_image` refuses its content.
    """
    path = Path(path)
    try:
        if os.path.isdir(path):
            raise UserError(f"{_begin(path.name)} is a folder; choose one image file in it.")
        with open_regular(path) as file:
            _check_bytes(os.fstat(file.fileno()).st_size, path.name)
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UserError(f"There is no file {str(path)!r}; check the path.") from None
    except OSError as error:
        reason = error.strerror or "unknown error"
        raise UserError(f"{_begin(path.name)} cannot be opened ({reason}); check its permissions.") from None
    return decode_image(data, name=path.name, max_pixels=max_pixels)


def check_min(image: np.ndarray, *, side: int = MIN_SIDE, name: str = "the image") -> None:
    """Refuse a picture that is too small to hold a face, such as one of 1 x 1 pixel.

    Raises:
        UserError: If the height or the width is below ``side`` pixels.
    """
    height, width = image.shape[:2]
    if min(height, width) < side:
        raise UserError(
            f"{_begin(name)} has only {width} x {height} pixels; choose one of at least {side} x {side} pixels."
        )


def encode_png(array: np.ndarray, fields: Mapping[str, str] | None = None) -> bytes:
    """PNG bytes of a uint8 picture of shape ``(H, W)`` (grey), ``(H, W, 3)`` (RGB) or ``(H, W, 4)`` (RGBA).

    Args:
        array: the image.
        fields: text to store in the file, by name.

    Raises:
        ValueError: If the array has another type or shape.

    Example:
        >>> decode_image(encode_png(np.zeros((30, 40), np.uint8))).shape
        (30, 40, 3)
    """
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ValueError(f"expected uint8 (H, W), (H, W, 3) or (H, W, 4), got {array.dtype} {array.shape}")
    buffer = io.BytesIO()
    metadata = PngInfo()
    for name, text in (fields or {}).items():
        metadata.add_text(name, text)
    Image.fromarray(np.ascontiguousarray(array)).save(buffer, format="PNG", pnginfo=metadata)
    return buffer.getvalue()


#: How an image is brought to another size.
Interpolation = Literal["cubic", "bilinear"]


def resize(image: np.ndarray, size: int | tuple[int, int], interpolation: Interpolation = "cubic") -> np.ndarray:
    """Resize a uint8 picture ``(H, W)`` or ``(H, W, C)``.

    The input itself is returned when it has that size already. Neither way aliases.

    Args:
        image: The picture.
        size: A side, or ``(height, width)``, in pixels.
        interpolation: ``"cubic"`` interpolates cubically along an axis that grows and averages areas along one that
            shrinks. ``"bilinear"`` is Pillow's: linear, over a wider triangle along an axis that shrinks.

    Raises:
        ValueError: If the picture is empty or a side of ``size`` is below 1.

    Example:
        >>> resize(np.zeros((30, 40, 3), np.uint8), 48).shape
        (48, 48, 3)
    """
    height, width = (size, size) if isinstance(size, int) else size
    if min(height, width, *image.shape) < 1:
        raise ValueError(f"cannot resize an image of shape {image.shape} to {height} x {width}")
    if interpolation == "bilinear":
        return _bilinear(image, height, width)
    resized = image
    for (rows, columns), method in (
        ((min(height, image.shape[0]), min(width, image.shape[1])), cv2.INTER_AREA),
        ((height, width), cv2.INTER_CUBIC),
    ):
        if resized.shape[:2] != (rows, columns):
            resized = cv2.resize(resized, (columns, rows), interpolation=method)
    # OpenCV drops a channel axis of length one.
    return resized if resized.ndim == image.ndim else resized[:, :, None]


def _bilinear(image: np.ndarray, height: int, width: int) -> np.ndarray:
    if image.shape[:2] == (height, width):
        return image
    planes = image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image  # Pillow has no axis of length one
    resized = np.asarray(Image.fromarray(planes).resize((width, height), Image.Resampling.BILINEAR))
    return resized.reshape(height, width, *image.shape[2:])


def _begin(name: str) -> str:
    return f"{name[:1].upper()}{name[1:]}" if name.startswith("the ") else repr(name)


def _check_bytes(size: int, name: str) -> None:
    if size > MAX_BYTES:
        raise UserError(
            f"{_begin(name)} has {size / 1e6:.0f} MB, more than the {MAX_BYTES // 1_000_000} MB allowed; "
            "save it smaller or cut the face out first."
        )


def _too_many_pixels(name: str, amount: str, max_pixels: int) -> str:
    return (
        f"{_begin(name)} has {amount}, more than the {max_pixels / 1e6:g} million allowed; "
        "make it smaller or cut the face out first."
    )


def _damaged(name: str) -> str:
    return f"{_begin(name)} is damaged or cut off and cannot be decoded; export or download it again."


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # Damaged EXIF does not affect the pixels; keep them as stored.
        return image


def _deep_colours(image: ImageFile.ImageFile, data: bytes) -> Image.Image | None:
    """The image, if its colours have 16 bits and a camera used fewer of them; Pillow drops the lower eight bits."""
    if not any(str(tile.args).count("RGB;16") for tile in image.tile):
        return None
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 3 or values.shape[2] != 3:
        return None
    largest = _range_of(values)
    if largest == 2**16 - 1:
        return None
    scaled = Image.fromarray(np.rint(values[:, :, ::-1] * (255 / largest)).astype(np.uint8))
    scaled.getexif()[ExifTags.Base.Orientation] = image.getexif().get(ExifTags.Base.Orientation, 1)
    return scaled


def _to_rgb(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I;16"):
        values = np.asarray(image, dtype=np.uint32)
        return _grey_to_rgb(np.rint(values * (255 / _range_of(values))).astype(np.uint8))
    if image.mode in ("I", "F"):
        values = np.asarray(image, dtype=np.float64)
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        scaled = np.nan_to_num((values - low) * (255.0 / max(high - low, 1e-12)))
        return _grey_to_rgb(np.clip(np.rint(scaled), 0, 255).astype(np.uint8))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, (MID_GREY, MID_GREY, MID_GREY, 255))
        image = Image.alpha_composite(ground, layer)
    return np.array(image.convert("RGB"), dtype=np.uint8)


def _range_of(values: np.ndarray) -> int:
    """The largest value that an image of 16 bits could have: cameras of 10, 12 and 14 bits store theirs as they are."""
    if (values % _EIGHT_IN_SIXTEEN == 0).all():  # eight bits, widened: a dark image stays dark
        return 2**16 - 1
    largest = int(values.max(initial=0))
    return next((2**bits - 1 for bits in _CAMERA_BITS if largest < 2**bits), 2**16 - 1)


def _grey_to_rgb(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[:, :, None], 3, axis=2)
