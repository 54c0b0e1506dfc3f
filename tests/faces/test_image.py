"""Pictures from strangers: each odd or bad file is decoded rightly or refused with one sentence."""

import io
import struct
import time
import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_models.errors import UserError
from fer_models.faces import image as image_module
from fer_models.faces.image import check_min, decode_image, encode_png, read_image, resize

RNG = np.random.default_rng(0)
# Four flat quarters: red, green, blue, white; survives lossy coding away from the edges.
QUARTERS = np.zeros((32, 48, 3), np.uint8)
QUARTERS[:16, :24] = (250, 0, 0)
QUARTERS[:16, 24:] = (0, 250, 0)
QUARTERS[16:, :24] = (0, 0, 250)
QUARTERS[16:, 24:] = (250, 250, 250)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG made by hand, since Pillow writes neither 16-bit colour nor pictures too large to hold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def one_sentence(error: pytest.ExceptionInfo[UserError]) -> str:
    text = str(error.value)
    assert "\n" not in text and text.endswith(".") and 20 < len(text) < 250
    return text


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_each_format_gives_rgb_in_this_order(kind: str) -> None:
    decoded = decode_image(saved(Image.fromarray(QUARTERS), kind))
    assert decoded.shape == (32, 48, 3) and decoded.dtype == np.uint8 and decoded.flags.writeable
    for row, column in ((6, 8), (6, 38), (24, 8), (24, 38)):
        assert np.abs(decoded[row, column].astype(int) - QUARTERS[row, column]).max() < 12


def test_text_named_png_is_refused() -> None:
    with pytest.raises(UserError) as error:
        decode_image(b"These are words, not pixels.\n" * 20, name="holiday.png")
    assert "'holiday.png' is not an image" in one_sentence(error) and "JPEG" in str(error.value)


def test_other_formats_are_refused() -> None:
    with pytest.raises(UserError, match="not an image that can be read here"):
        decode_image(saved(Image.fromarray(QUARTERS), "ICO"))
    with pytest.raises(UserError, match="not an image that can be read here"):
        decode_image(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")


def test_empty_and_too_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="empty") as error:
        decode_image(b"")
    one_sentence(error)
    big = tmp_path / "big.jpg"
    with big.open("wb") as file:
        file.truncate(image_module.MAX_BYTES + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("read before its size was checked"))
    with pytest.raises(UserError, match="50 MB") as error:
        read_image(big)
    one_sentence(error)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"])
@pytest.mark.parametrize("part", [0.03, 0.4, 0.9])
def test_truncated_files_are_refused(kind: str, part: float) -> None:
    noise = Image.fromarray(RNG.integers(0, 256, (64, 64, 3), np.uint8))
    data = saved(noise, kind)
    with pytest.raises(UserError) as error:
        decode_image(data[: int(len(data) * part)], name="cut.jpg")
    assert "damaged" in one_sentence(error)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"])
@pytest.mark.filterwarnings("ignore")
def test_flipped_bytes_never_raise_anything_else(kind: str) -> None:
    data = saved(Image.fromarray(RNG.integers(0, 256, (24, 24, 3), np.uint8)), kind)
    for position in RNG.integers(0, min(len(data), 400), 120):
        damaged = bytearray(data)
        damaged[position] ^= 0xFF
        try:
            decoded = decode_image(bytes(damaged))
        except UserError:
            continue
        assert decoded.dtype == np.uint8 and decoded.ndim == 3 and decoded.shape[2] == 3


@pytest.mark.parametrize("side", [8_000, 30_000])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_bomb_is_refused_from_its_header(side: int) -> None:
    bomb = png(side, side, 8, 2, bytes(20_000_000))
    assert len(bomb) < 30_000
    decode_image(saved(Image.new("RGB", (2, 2)), "PNG"))  # Pillow's plugins are loaded once.
    taken = []
    for _ in range(3):  # threads of earlier tests may take time and memory meanwhile
        tracemalloc.start()
        start = time.perf_counter()
        with pytest.raises(UserError) as error:
            decode_image(bomb, name="bomb.png")
        taken.append((time.perf_counter() - start, tracemalloc.get_traced_memory()[1]))
        tracemalloc.stop()
    assert "40 million" in one_sentence(error)
    seconds, peaks = zip(*taken, strict=True)
    assert min(seconds) < 0.5 and min(peaks) < 2_000_000


def test_pixel_limit_is_the_callers() -> None:
    data = encode_png(np.zeros((40, 50, 3), np.uint8))
    assert decode_image(data, max_pixels=2000).shape == (40, 50, 3)
    with pytest.raises(UserError, match="50 x 40 pixels, more than the 0"):
        decode_image(data, max_pixels=1999)


def test_cmyk() -> None:
    decoded = decode_image(saved(Image.fromarray(QUARTERS).convert("CMYK"), "JPEG", quality=95))
    assert np.abs(decoded[6, 8].astype(int) - (250, 0, 0)).max() < 15
    assert np.abs(decoded[24, 38].astype(int) - (250, 250, 250)).max() < 15


def test_sixteen_bit_grey_keeps_its_range() -> None:
    values = np.array([[0, 257, 30_000, 32_768, 65_535]], ">u2")
    decoded = decode_image(png(5, 1, 16, 0, b"\0" + values.tobytes()))
    assert decoded[0, :, 0].tolist() == [0, 1, 117, 128, 255]
    assert (decoded[..., 0] == decoded[..., 1]).all() and (decoded[..., 0] == decoded[..., 2]).all()
    # A dark picture stays dark: nothing is stretched.
    dark = np.full((1, 4), 2_570, ">u2")
    assert decode_image(png(4, 1, 16, 0, b"\0" + dark.tobytes())).max() == 10
    tiff = saved(Image.fromarray(np.array([[0, 65_535]], np.uint16)), "TIFF")
    assert decode_image(tiff)[0, :, 1].tolist() == [0, 255]


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_the_range_of_a_camera_is_kept_in_sixteen_bits(bits: int) -> None:
    values = np.array([[0, 2**bits // 2, 2**bits - 1]], ">u2")
    decoded = decode_image(png(3, 1, 16, 0, b"\0" + values.tobytes()))
    assert decoded[0, :, 0].tolist() == [0, 128, 255]
    colours = np.repeat(values.T, 3, axis=1) * [1, 0, 1]  # three pixels without green
    decoded = decode_image(png(3, 1, 16, 2, b"\0" + colours.astype(">u2").tobytes()))
    assert decoded[0].tolist() == [[0, 0, 0], [128, 0, 128], [255, 0, 255]]
    tiff = cv2.imencode(".tif", np.full((2, 5, 3), 2**bits - 1, np.uint16))[1].tobytes()
    assert decode_image(tiff).shape == (2, 5, 3) and decode_image(tiff).min() == 255


def test_sixteen_bit_colour_and_alpha() -> None:
    colours = np.array([[65_535, 0, 30_000, 257, 514, 65_535]], ">u2")
    assert decode_image(png(2, 1, 16, 2, b"\0" + colours.tobytes())).tolist() == [[[255, 0, 117], [1, 2, 255]]]
    clear = np.array([[65_535, 0, 0, 0, 65_535, 0, 0, 65_535]], ">u2")
    assert decode_image(png(2, 1, 16, 6, b"\0" + clear.tobytes())).tolist() == [[[128, 128, 128], [255, 0, 0]]]


def test_float_and_32_bit_are_stretched() -> None:
    values = np.array([[-1.0, 0.0, np.nan, 1.0]], np.float32)
    assert decode_image(saved(Image.fromarray(values), "TIFF"))[0, :, 0].tolist() == [0, 128, 0, 255]
    flat = np.full((2, 2), 7, np.int32)
    assert decode_image(saved(Image.fromarray(flat), "TIFF")).max() == 0


def test_transparency_lies_on_mid_grey() -> None:
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, :, 0] = 255
    rgba[0, :, 3] = (0, 255, 128)
    decoded = decode_image(encode_png(rgba))
    assert decoded[0, :2].tolist() == [[128, 128, 128], [255, 0, 0]]
    assert np.abs(decoded[0, 2].astype(int) - (192, 64, 64)).max() <= 1
    grey = decode_image(saved(Image.fromarray(np.array([[[9, 0], [9, 255]]], np.uint8), "LA"), "PNG"))
    assert grey[0].tolist() == [[128] * 3, [9] * 3]


def test_palette_with_transparency() -> None:
    picture = Image.new("P", (3, 1))
    picture.putpalette([250, 0, 0, 0, 250, 0, 0, 0, 250])
    picture.putdata([0, 1, 2])
    assert decode_image(saved(picture, "PNG", transparency=1))[0].tolist() == [[250, 0, 0], [128] * 3, [0, 0, 250]]
    assert decode_image(saved(picture, "PNG"))[0].tolist() == [[250, 0, 0], [0, 250, 0], [0, 0, 250]]


def test_bilevel_and_grey() -> None:
    assert decode_image(saved(Image.fromarray(np.array([[True, False]])), "PNG"))[0, :, 2].tolist() == [255, 0]
    assert decode_image(encode_png(np.array([[3, 200]], np.uint8)))[0].tolist() == [[3] * 3, [200] * 3]


def test_animation_gives_its_first_frame() -> None:
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue")]
    for kind in ("GIF", "PNG", "WEBP"):
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, lossless=True)
        assert decode_image(data)[5, 5].tolist() == [255, 0, 0]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_exif_orientation(orientation: int, kind: str) -> None:
    upright = Image.fromarray(QUARTERS)
    # How a camera stores the upright picture for each orientation: the inverse of what a viewer must do.
    stored = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(upright if stored is None else upright.transpose(stored), kind, exif=exif)
    decoded = decode_image(data)
    assert decoded.shape == QUARTERS.shape
    for row, column in ((6, 8), (6, 38), (24, 8), (24, 38)):
        assert np.abs(decoded[row, column].astype(int) - QUARTERS[row, column]).max() < 12


def test_one_pixel_decodes_and_is_too_small_for_a_face() -> None:
    decoded = decode_image(encode_png(np.full((1, 1, 3), 7, np.uint8)))
    assert decoded.tolist() == [[[7, 7, 7]]]
    with pytest.raises(UserError, match="only 1 x 1 pixels; choose one of at least 24 x 24") as error:
        check_min(decoded)
    one_sentence(error)
    check_min(np.zeros((24, 24, 3), np.uint8))


def test_read_image_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encode_png(QUARTERS))
    assert (read_image(tmp_path / "a.png") == QUARTERS).all()
    for path, words in ((tmp_path / "none.png", "There is no file"), (tmp_path, "is a folder")):
        with pytest.raises(UserError, match=words) as error:
            read_image(path)
        one_sentence(error)


def test_encode_png_is_exact_and_picky() -> None:
    for shape in ((5, 7), (5, 7, 3), (5, 7, 4)):
        array = RNG.integers(0, 256, shape, np.uint8)
        with Image.open(io.BytesIO(encode_png(array))) as picture:
            assert (np.asarray(picture) == array).all()
    with pytest.raises(ValueError, match="float64"):
        encode_png(np.zeros((5, 5)))
    with pytest.raises(ValueError, match=r"\(5, 5, 2\)"):
        encode_png(np.zeros((5, 5, 2), np.uint8))


def test_resize_averages_when_it_shrinks() -> None:
    stripes = np.tile(np.array([[0, 200]], np.uint8), (8, 4))
    assert np.unique(resize(stripes, 4)).tolist() == [100]
    assert resize(stripes, (4, 8)).tolist() == stripes[:4].tolist()
    assert resize(stripes, 8) is stripes


def test_bilinear_resizing_is_linear_and_does_not_alias() -> None:
    ramp = np.tile(np.array([0, 100], np.uint8), (2, 1))
    assert resize(ramp, (2, 4), "bilinear")[0].tolist() == [0, 25, 75, 100]
    stripes = np.tile(np.array([0, 200], np.uint8), (8, 4))
    middle = resize(stripes, 4, "bilinear")[:, 1:3]
    assert np.unique(middle).tolist() == [100] and resize(stripes, 8, "bilinear") is stripes
    assert resize(np.zeros((30, 40, 1), np.uint8), 48, "bilinear").shape == (48, 48, 1)


@pytest.mark.parametrize("shape", [(6, 10), (6, 10, 1), (6, 10, 3)])
def test_resize_keeps_channels_and_range(shape: tuple[int, ...]) -> None:
    noise = RNG.integers(0, 256, shape, np.uint8)
    for size, expected in ((17, (17, 17)), ((3, 20), (3, 20)), ((20, 3), (20, 3)), (1, (1, 1))):
        resized = resize(noise, size)
        assert resized.shape == expected + shape[2:] and resized.dtype == np.uint8
    flat = np.full(shape, 77, np.uint8)
    assert np.unique(resize(flat, (31, 4))).tolist() == [77]
    with pytest.raises(ValueError, match="cannot resize"):
        resize(noise, 0)


@pytest.mark.parametrize(
    ("largest", "whole"), [(255, 255), (256, 1023), (1023, 1023), (1024, 4095), (4096, 16383), (16384, 65535)]
)
def test_the_depth_of_a_camera_is_the_smallest_that_holds_its_values(largest: int, whole: int) -> None:
    assert image_module._range_of(np.array([1, largest], np.uint16)) == whole
    assert image_module._range_of(np.array([0, 257 * 3], np.uint16)) == 65535  # eight bits, widened


@pytest.mark.parametrize("shape", [(4,), (4, 4, 1), (4, 4, 2), (4, 4, 5), (2, 4, 4, 3)])
def test_only_grey_rgb_and_rgba_become_png(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        encode_png(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match="got float64"):
        encode_png(np.zeros((4, 4)))


def test_sizes_are_said_in_megabytes_and_millions() -> None:
    with pytest.raises(UserError, match="'x' has 51 MB, more than the 50 MB allowed"):
        image_module._check_bytes(51_000_000, "x")
    image_module._check_bytes(50_000_000, "x")
    assert "more than the 2.5 million allowed" in image_module._too_many_pixels("x", "3 million pixels", 2_500_000)
