"""Decoding in chunks, cutting out the middle, and looking for faces in a sample, on arrays whose answer is known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer_models.data import listing
from fer_models.data.listing import Listing, decode, fit, framed, shape_of

Write = Callable[..., None]


def made(pictures: np.ndarray | list[Path], **options: object) -> Listing:
    n = len(pictures)
    return Listing(
        "x", pictures, np.zeros(n, np.int64), ("a",), np.zeros(n, np.int8), ("all",), np.arange(n), **options
    )


def test_positions_go_on_from_chunk_to_chunk(
    tmp_path: Path, draw: Callable[..., np.ndarray], save: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_BATCH", 4)
    files = [tmp_path / f"{i}.png" for i in range(10)]
    for i, file in enumerate(files):
        save(file, draw(i))
    files[5].write_text("no image")
    side = draw(0).shape[0]
    batches = list(decode(made(files), (side, side, draw(0).shape[2])))
    assert [batch.positions.tolist() for batch in batches] == [[0, 1, 2, 3], [4, 6, 7], [8, 9]]
    assert [len(batch.left_out) for batch in batches] == [0, 1, 0] and "5.png" in batches[1].left_out[0]
    assert not any(batch.without_face for batch in batches)
    for batch in batches:
        assert batch.sides.tolist() == [side] * len(batch.positions)
        for position, picture in zip(batch.positions, batch.pictures, strict=True):
            np.testing.assert_array_equal(picture, draw(int(position)))
    arrays = np.stack([draw(i) for i in range(10)])
    again = list(decode(made(arrays), arrays.shape[1:]))
    assert [batch.positions.tolist() for batch in again] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    np.testing.assert_array_equal(np.concatenate([batch.pictures for batch in again]), arrays)
    small = list(decode(made(arrays), (side // 2, side // 2, 1)))
    assert small[1].pictures.shape[1:] == (side // 2, side // 2, 1) and small[1].sides.tolist() == [side] * 4


def test_blank_pictures_are_left_out_below_eight_grey_levels(tmp_path: Path, save: Write) -> None:
    files = []
    for levels in (7, 8):
        image = np.full((16, 16), 100, np.uint8)
        image[:8] += np.uint8(levels)
        save(tmp_path / f"{levels}.png", image)
        files.append(tmp_path / f"{levels}.png")
    (batch,) = decode(made(files, drop_black=True), (16, 16, 1))
    assert batch.positions.tolist() == [1] and "7.png" in batch.left_out[0]
    (batch,) = decode(made(files), (16, 16, 1))
    assert batch.positions.tolist() == [0, 1]


@pytest.mark.parametrize("shape", [(10, 31), (31, 10), (21, 21)])
def test_fit_is_a_slice_where_nothing_is_resized(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*shape, 1), np.uint8)
    side = min(shape)
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    expected = image[top : top + side, left : left + side]
    np.testing.assert_array_equal(fit(image, (side, side, 1)), expected)
    np.testing.assert_array_equal(fit(image, (side, side, 3)), np.repeat(expected, 3, 2))
    grey = np.repeat(image, 3, 2)  # grey stored as colour keeps its levels
    np.testing.assert_array_equal(fit(grey, (side, side, 1)), expected)


def test_fit_keeps_the_whole_of_an_image_where_no_square_is_asked_for() -> None:
    wide = np.repeat(np.arange(0, 240, 6, dtype=np.uint8)[None, :, None], 20, 0)
    half = fit(wide, (10, 20, 1))
    np.testing.assert_allclose(half[5, 1:-1, 0], (wide[0, 2:-2:2, 0] + 3), atol=3)
    colour = np.random.default_rng(0).integers(0, 256, (12, 12, 3), np.uint8)
    np.testing.assert_array_equal(fit(colour, (12, 12, 3)), colour)


def test_nothing_is_looked_for_where_the_crop_is_chosen_or_pixels_are_given() -> None:
    for known in (made([Path("absent.png")], crop="face"), made(np.zeros((2, 80, 80, 1), np.uint8))):
        assert framed(known) is known


def test_a_stored_shape_is_the_choice_of_the_user_then_the_listing() -> None:
    arrays = made(np.zeros((2, 24, 24, 3), np.uint8))
    assert shape_of(arrays, None, None) == (24, 24, 3) and shape_of(arrays, 12, 1) == (12, 12, 1)
    files = made([Path("a"), Path("b")], size=40, channels=1)
    assert shape_of(files, None, None) == (40, 40, 1) and shape_of(files, 12, 3) == (12, 12, 3)


@pytest.mark.parametrize(
    ("faces", "filled", "decided"),
    [(8, 0.66, "middle"), (8, 0.65, "middle"), (8, 0.5, "face"), (4, 0.5, "face"), (3, 0.5, "middle")],
)
def test_whole_photographs_are_cut_to_the_face_where_a_sample_says_so(
    faces: int, filled: float, decided: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A face takes ``filled`` of the shorter side, in ``faces`` of the eight files that are looked at."""
    from types import SimpleNamespace

    from fer_models.faces import align, detect, image

    found = [1] * faces + [0] * (8 - faces)
    files = [tmp_path / f"{i}.png" for i in range(8)]
    monkeypatch.setattr(image, "read_image", lambda file: np.full((100, 120, 3), int(file.stem), np.uint8))
    faces_of = lambda picture: [SimpleNamespace(area=1.0)] * found[int(picture[0, 0, 0])]  # noqa: E731
    monkeypatch.setattr(detect, "detect_faces", faces_of)
    monkeypatch.setattr(align, "face_square", lambda face: (10.0, 0.0, 10.0 + 100 * filled, 0.0))
    result = framed(made(files, crop="auto"))
    assert result.crop == decided
    if decided == "face":
        assert f"Faces fill {100 * filled:.0f} %" in result.notes[0] and "is cut out" in result.notes[0]
    plain = framed(made(files))
    assert plain.crop == "middle" and bool(plain.notes) == (decided == "face")


@pytest.mark.parametrize(("side", "share"), [(64, None), (65, 0.2)])
def test_small_files_are_cut_to_the_face_already(
    side: int, share: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    from fer_models.faces import align, detect, image

    monkeypatch.setattr(image, "read_image", lambda file: np.zeros((side, side + 30, 3), np.uint8))
    monkeypatch.setattr(detect, "detect_faces", lambda picture: [SimpleNamespace(area=a) for a in (1.0, 2.0)])
    # The larger face counts.
    monkeypatch.setattr(align, "face_square", lambda face: (4.0, 0.0, 4.0 + 13 * (face.area - 1), 0.0))
    assert listing._face_share([Path("a"), Path("b")]) == share
