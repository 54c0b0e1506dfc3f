"""What lies just at a limit, what is empty, and what is known by half."""

import dataclasses
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_models.data import FaceDataset, make_split, open_dataset
from fer_models.data import csv_file as tables
from fer_models.data.archive import extract_zip
from fer_models.data.audit import audit, safe_protocol, subjects_across
from fer_models.data.builtin import split_by_subject
from fer_models.data.catalogue import add_dataset
from fer_models.data.codings import order_of
from fer_models.data.joined import join
from fer_models.data.label_doubt import confident_learning, vote_disagreement
from fer_models.data.leaks import nearest, units
from fer_models.data.leaks.likeness import FLAT, grey_vectors, is_textured, low_frequencies
from fer_models.data.leaks.nearest import nearest_hits
from fer_models.data.leaks.units import independent, people_in
from fer_models.data.listing import Listing, decode, fit
from fer_models.data.opening import split_options
from fer_models.data.pixel_csv import _parse, named
from fer_models.data.readers import base
from fer_models.data.readers.base import contents, encode_splits
from fer_models.data.readers.ferplus import targets
from fer_models.data.readers.folder import shape_of_files
from fer_models.data.readers.records import odd_files
from fer_models.data.splits import PROTOCOLS, part_name
from fer_models.errors import UserError

Save = Callable[[Path, np.ndarray], None]


def faces(count: int = 24, classes: int = 3, side: int = 12, people: int = 0, **changes: object) -> FaceDataset:
    """Noise, the classes in turn; the first half trains; ``people`` in turn where there are any."""
    images = np.random.default_rng(0).integers(0, 255, (count, side, side, 1), np.uint8)
    plain = FaceDataset(
        "noise",
        images,
        np.arange(count) % classes,
        tuple("abcdefgh"[:classes]),
        (np.arange(count) >= count // 2).astype(np.int8),
        ("train", "test"),
        np.arange(count) + 100,
        "memory",
        np.asarray([f"p{k % people}" for k in range(count)]) if people else None,
    )
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def zipped(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def test_an_archive_may_hold_just_what_is_allowed(tmp_path: Path) -> None:
    data = zipped(a=b"123", b=b"4567")
    assert [path.name for path in extract_zip(data, tmp_path / "fits", max_bytes=7, max_files=2)] == ["a", "b"]
    for bytes_, files in ((6, 2), (7, 1)):
        with pytest.raises(UserError, match="more than the"):
            extract_zip(data, tmp_path / "not", max_bytes=bytes_, max_files=files)


def test_a_data_set_has_labels_from_unlabelled_to_the_last_class() -> None:
    edges = faces(3, labels=np.array([-1, 0, 2]))
    assert len(edges) == 3
    for wrong in (-2, 3):
        with pytest.raises(UserError, match="labels must lie"):
            faces(3, labels=np.array([wrong, 0, 1]))
    for shape in ((3, 12, 12), (3, 12, 12, 2)):
        with pytest.raises(UserError, match="uint8"):
            faces(3, images=np.zeros(shape, np.uint8))
    with pytest.raises(UserError, match="uint8"):
        faces(3, images=np.zeros((3, 12, 12, 1), np.float32))


def test_protocols_by_subject_want_as_many_people_as_folds() -> None:
    for people, plain, by_ten in ((4, None, None), (5, "folds-5-subject", "folds-5-subject")):
        assert safe_protocol(faces(40, people=people), "folds-5") == plain
        assert safe_protocol(faces(40, people=people), "folds-10") == by_ten
    assert safe_protocol(faces(40, people=9), "folds-10") == "folds-5-subject"
    assert safe_protocol(faces(40, people=10), "folds-10") == "folds-10-subject"
    assert safe_protocol(faces(40, people=10), "folds-10-subject") == "folds-10-subject"
    assert safe_protocol(faces(40, people=9), "folds-10-subject") == "folds-5-subject"
    unlabelled = np.where(np.arange(40) % 10 == 9, -1, 0)
    assert safe_protocol(faces(40, people=10, labels=unlabelled), "folds-10") == "folds-5-subject"
    assert safe_protocol(faces(40), "folds-5") is None


def test_subjects_across_are_those_of_the_first_part_and_another() -> None:
    known = np.asarray(["x", "y", "", "x", "z", ""])
    assert subjects_across(faces(6, subjects=known)) == ("x",), "an unknown person is nobody's twin"


def test_an_audit_takes_parts_where_two_have_images() -> None:
    data = faces(30, people=6)
    assert audit(dataclasses.replace(data, split=np.zeros(30, np.int8))).split.protocol == "folds-5"
    labels, images = np.where(np.arange(30) == 4, -1, data.labels), data.images.copy()
    images[3] = images[0]  # copies of one label
    images[4] = images[5] = images[1]  # one has no label, the others two
    report = audit(dataclasses.replace(data, images=images, labels=labels))
    assert report.split.protocol == "official" and report.to_json()["unlabelled"] == 1
    assert [group.tolist() for group in report.exact_groups] == [[0, 3], [1, 4, 5]]
    assert [group.tolist() for group in report.conflicting] == [[1, 4, 5]]


@pytest.mark.parametrize(("people", "held_out"), [(1, [0, 0]), (2, [0, 0]), (3, [1, 1]), (20, [3, 3])])
def test_people_are_held_out_from_three_on(people: int, held_out: list[int]) -> None:
    subjects = np.arange(4 * people) % people
    parts = split_by_subject(subjects, seed=2)
    assert [len(np.unique(subjects[parts == part])) for part in (1, 2)] == held_out
    assert len(np.unique(np.stack([subjects, parts]), axis=1).T) == people, "nobody is in two parts"


def test_a_name_of_a_data_set_has_60_characters(tmp_path: Path, own_folders: None) -> None:
    for name in ("x" * 61, "", ".x", "a/b"):
        with pytest.raises(UserError, match="1 to 60"):
            add_dataset(name, tmp_path)
    with pytest.raises(UserError, match="no file or folder"):
        add_dataset("x" * 59 + "-", tmp_path / "gone")


def test_the_alphabetical_order_has_eight_classes_where_a_number_says_so() -> None:
    assert order_of("alphabetical", range(7)) == order_of("alphabetical", [])
    assert len(order_of("alphabetical", range(7))) == 7 and len(order_of("alphabetical", range(8))) == 8
    assert list(order_of("alphabetical", range(1, 8))) == list(range(1, 8))
    assert list(order_of("alphabetical", range(1, 9))) == list(range(1, 9))


def test_a_line_is_as_long_as_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LONGEST_LINE", 10)
    for end in ("\n", ""):
        (tmp_path / "list.csv").write_text("name\n" + "x" * 10 + end)
        assert tables.read_table(tmp_path / "list.csv").rows == [["x" * 10]]
        (tmp_path / "list.csv").write_text("name\nab\n" + "x" * 11 + end)
        with pytest.raises(UserError, match=r"line \d or before"):
            tables.read_table(tmp_path / "list.csv")


def test_doubt_of_labels_wants_probabilities_and_labels() -> None:
    p = np.array([[1.0, 0.0], [0.0, 1.0], [0.4, 0.6]])
    doubt = confident_learning(p, np.array([0, 1, 1]))
    assert doubt.thresholds.tolist() == [1.0, 0.8] and doubt.issues.tolist() == []
    assert doubt.suggested.tolist() == [0, 1, 1], "one of which nothing is confident keeps its label"
    np.testing.assert_allclose(doubt.joint, np.diag([1, 2]) / 3)
    np.testing.assert_allclose(confident_learning(p * 1.009, np.array([0, 1, 1])).joint, doubt.joint)
    absent = confident_learning(np.array([[0.5, 0.3, 0.2], [0.5, 0.1, 0.4]]), np.array([0, 0]))
    assert np.isnan(absent.thresholds[1:]).all() and absent.suggested.tolist() == [0, 0]
    for wrong, labels in (
        (p[0], [0, 1]),
        (p, [0, 1]),
        (p[:0], []),
        (p, [0, 1, 2]),
        (p, [0, 1, -1]),
        (p * 1.02, [0, 1, 1]),
        (p - [[0.1, -0.1]], [0, 1, 1]),
        (p * np.nan, [0, 1, 1]),
    ):
        with pytest.raises(UserError):
            confident_learning(np.asarray(wrong), np.asarray(labels))


def test_disagreement_of_votes() -> None:
    assert vote_disagreement(np.array([[5, 0], [3, 3], [0, 0]])).tolist() == [0, 1, 0]
    assert vote_disagreement(np.zeros((0, 2))).tolist() == []
    for wrong in (np.ones(3), np.ones((3, 1)), -np.ones((1, 2))):
        with pytest.raises(UserError, match="table"):
            vote_disagreement(wrong)


def test_a_picture_just_not_blank_is_textured() -> None:
    half = np.zeros((2, 4, 4, 1), np.uint8)
    half[0, :2], half[1, :2] = 2 * FLAT, 2 * FLAT - 1  # deviations of FLAT and a little less
    assert is_textured(half).tolist() == [True, False]


def test_grey_vectors_are_unit_or_nothing() -> None:
    pictures = np.concatenate([faces(2).images, np.full((1, 12, 12, 1), 7, np.uint8)])
    vectors = grey_vectors(pictures)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 0], rtol=1e-5)
    np.testing.assert_allclose(vectors.mean(1), 0, atol=1e-6)
    np.testing.assert_allclose(grey_vectors(np.repeat(pictures, 3, axis=3)), vectors, atol=1e-5)


def test_low_frequencies_have_length_one() -> None:
    np.testing.assert_allclose(np.linalg.norm(low_frequencies(faces(60, side=48).images), axis=2), 1, rtol=1e-5)


def test_the_nearest_picture_answers_in_any_number_of_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each query is a reference at another brightness; without it, another one of its class is not the nearest."""
    data = faces(40, side=12)
    images = data.images // 2
    images[20:] = images[:20] + 60
    data = dataclasses.replace(data, images=images, labels=np.concatenate([np.arange(20), np.arange(20)]) % 3)
    left_out = np.zeros(40, bool)
    whole = nearest_hits(data, np.arange(20), np.arange(20, 40), without=left_out)
    assert whole.all()
    left_out[:20:2] = True
    some = nearest_hits(data, np.arange(20), np.arange(20, 40), without=left_out)
    assert some[0].all() and some[1, 1::2].all() and not some[1].all()
    monkeypatch.setattr(nearest, "_QUERIES", 3)
    monkeypatch.setattr(nearest, "_REFERENCES", 7)
    np.testing.assert_array_equal(nearest_hits(data, np.arange(20), np.arange(20, 40), without=left_out), some)
    assert nearest_hits(data, np.arange(0), np.arange(3), without=left_out).shape == (2, 0)
    assert nearest_hits(data, np.arange(3), np.arange(0), without=left_out).shape == (2, 0)
    monkeypatch.setattr(nearest, "MAX_QUERIES", 20)
    assert nearest_hits(data, np.arange(20), np.arange(20, 40), without=left_out).shape == (2, 20)
    monkeypatch.setattr(nearest, "MAX_QUERIES", 19)
    assert nearest_hits(data, np.arange(20), np.arange(20, 40), without=left_out).shape == (2, 19)


def test_people_count_where_one_has_several_images() -> None:
    assert people_in(None) is None
    assert people_in(np.array([])) is None
    assert people_in(np.array([4, 5])) is None
    assert people_in(np.array([4, 4])) == 1
    assert people_in(np.array([4, 4, 5])) == 2


def test_copies_are_one_photograph_up_to_a_number_of_images(monkeypatch: pytest.MonkeyPatch) -> None:
    images = faces(4, side=48).images
    images[2] = images[0]
    images[3] = images[1] = 128  # blank ones are copies of nothing
    data = faces(4, images=images)
    found = independent(data, np.arange(4))
    assert found.photographs and found.of is not None and found.of[0] == found.of[2]
    assert len(set(found.of.tolist())) == 3
    monkeypatch.setattr(units, "_MOST", 4)
    monkeypatch.setattr(units, "_BYTES", 4 * 48 * 48)
    assert independent(data, np.arange(4)).of is not None
    monkeypatch.setattr(units, "_BYTES", 4 * 48 * 48 - 1)
    assert independent(data, np.arange(4)).of is None
    monkeypatch.undo()
    monkeypatch.setattr(units, "_MOST", 3)
    assert independent(data, np.arange(4)).of is None
    assert independent(data, np.arange(1)).of is None


def test_an_image_is_fitted_from_its_middle() -> None:
    wide = np.arange(4 * 8, dtype=np.uint8).reshape(4, 8, 1)
    np.testing.assert_array_equal(fit(wide, (4, 4, 1)), wide[:, 2:6])
    np.testing.assert_array_equal(fit(wide.transpose(1, 0, 2), (4, 4, 1)), wide[:, 2:6].transpose(1, 0, 2))
    assert fit(wide, (4, 8, 3)).shape == (4, 8, 3) and (fit(wide, (4, 8, 3)) == wide).all()
    assert fit(wide, (2, 4, 1)).shape == (2, 4, 1), "of another shape than a square, all of it"
    coloured = np.stack([wide[..., 0], 2 * wide[..., 0], 0 * wide[..., 0]], -1)
    np.testing.assert_allclose(fit(coloured, (4, 8, 1))[..., 0], coloured @ [0.299, 0.587, 0.114], atol=0.51)
    np.testing.assert_array_equal(fit(coloured, (4, 8, 3)), coloured)


def test_an_even_picture_is_dropped_below_eight_levels(tmp_path: Path, save: Save) -> None:
    files = []
    for levels in (7, 8):
        picture = np.full((16, 16, 1), 100, np.uint8)
        picture[0, 0] += levels
        files.append(tmp_path / f"{levels}.png")
        save(files[-1], picture)
    zeros = np.zeros(2, np.int64)
    listing = Listing("x", files, zeros, ("a", "b"), zeros, ("all",), np.arange(2), size=16, channels=1)
    (batch,) = decode(dataclasses.replace(listing, drop_black=True), (16, 16, 1))
    assert batch.positions.tolist() == [1] and "7.png" in batch.left_out[0] and batch.sides.tolist() == [16]
    (batch,) = decode(listing, (16, 16, 1))
    assert batch.positions.tolist() == [0, 1]


def test_images_are_stored_at_8_to_1024_pixels(own_folders: None) -> None:
    for size in (8, 1024):
        with pytest.raises(UserError, match="from 48 to 224"):
            open_dataset("synthetic:count=7", size=size)  # stored images may have it, drawn ones not
    for size in (7, 1025):
        with pytest.raises(UserError, match="8 to 1024"):
            open_dataset("synthetic:count=7", size=size)
    with pytest.raises(UserError, match="1 or 3"):
        open_dataset("synthetic:count=7", channels=2)


def test_options_of_a_source_have_names_and_values() -> None:
    assert split_options("a:b=1, c=x") == ("a", {"b": "1", "c": "x"})
    assert split_options("a") == ("a", {})
    assert split_options("C:/faces") == ("C:/faces", {})
    assert split_options("C:\\faces") == ("C:\\faces", {})
    for wrong in ("a:b", "a:b="):
        with pytest.raises(UserError, match="is not an option"):
            split_options(wrong)


@given(st.lists(st.integers(0, 320), min_size=1, max_size=8), st.integers(1, 3))
def test_pixels_are_parsed_as_numbers(numbers: list[int], gap: int) -> None:
    text = (" " * gap).join(map(str, numbers)).encode()
    values = _parse(text)
    assert (values is None) == (max(numbers) > 255)
    assert values is None or values.tolist() == numbers


@pytest.mark.parametrize("text", [b"0001", b"1000", b"1a", b"-1", b"1,2", b"1.5", b"9999"])
def test_what_is_no_pixel_is_no_number(text: bytes) -> None:
    assert _parse(text) is None


def test_long_lists_are_cut_in_messages(tmp_path: Path) -> None:
    assert named(["x"] * 10) == ", ".join(["x"] * 10)
    assert named(["x"] * 11) == ", ".join(["x"] * 10) + ", ..."
    assert odd_files([]) == () and odd_files(["a"])[0].endswith("layout: a.")
    assert odd_files(["a", "b", "c"])[0].endswith("layout: a and 2 more.")
    for number in range(6):
        (tmp_path / f"{number}.png").touch()
    assert contents(tmp_path).endswith("5.png")
    (tmp_path / "6.png").touch()
    (tmp_path / "7").mkdir()
    assert contents(tmp_path).endswith(" and 2 more") and contents(tmp_path / "7") == "an empty folder"


def test_as_many_parts_as_a_byte_counts() -> None:
    words = [f"{number:03d}" for number in range(base._MOST_SPLITS)]
    names, numbers = encode_splits(words, "x")
    assert names == tuple(words) and numbers.tolist() == list(range(127))
    with pytest.raises(UserError, match="128 different"):
        encode_splits([*words, "z"], "x")


def votes(**counts: int) -> np.ndarray:
    order = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "nf"]
    return np.asarray([[counts.get(name, 0) for name in order]], np.uint8)


@pytest.mark.parametrize(
    ("counts", "majority", "multilabel"),
    [
        ({"neutral": 10}, "", ""),
        ({"neutral": 5, "happiness": 5}, "no agreement", ""),
        ({"neutral": 6, "happiness": 4}, "", ""),
        ({"neutral": 5, "unknown": 5}, "unknown", "unknown"),
        ({"neutral": 6, "unknown": 4}, "", ""),
        ({"neutral": 5, "nf": 5}, "not a face", "not a face"),
        ({"neutral": 6, "nf": 4}, "", ""),
        ({"neutral": 1, "happiness": 1}, "no agreement", "no agreement"),
    ],
)
def test_votes_agree_by_more_than_half(counts: dict[str, int], majority: str, multilabel: str) -> None:
    assert targets(votes(**counts), "majority")[2].tolist() == [majority]
    assert targets(votes(**counts), "multilabel")[2].tolist() == [multilabel]


def test_single_votes_are_slips_and_two_are_not() -> None:
    label, soft, _ = targets(votes(neutral=6, happiness=2, anger=1), "majority")
    assert sorted(soft[0].tolist())[-2:] == [0.25, 0.75] and soft[0].sum() == 1
    assert soft[0, label[0]] == 0.75


def test_a_size_is_taken_where_all_files_have_it(tmp_path: Path, save: Save) -> None:
    def shape(*sides: tuple[int, int], colour: bool = False) -> tuple[int, int]:
        files = []
        for number, size in enumerate(sides):
            files.append(tmp_path / f"{number}.png")
            picture = np.full((*size, 3), 9, np.uint8)
            picture[0, 0, 0] += 50 * colour
            save(files[-1], picture)
        return shape_of_files(files)

    assert shape((16, 16), (16, 16)) == (16, 1)
    assert shape((96, 96)) == (96, 1)
    assert shape((15, 15)) == shape((97, 97)) == shape((16, 17)) == (96, 1)
    assert shape((16, 16), colour=True) == (16, 3)


def test_folds_and_fractions_lie_in_their_range() -> None:
    data = faces(40, people=8)
    assert len(make_split(data, "folds-5", fold=4).test) == 8
    assert make_split(data, "folds-5", fold=0).name.endswith("fold 1 of 5")
    for wrong in ({"fold": 5}, {"fold": -1}, {"val_fraction": 0.0}, {"val_fraction": 1.0}):
        with pytest.raises(UserError):
            make_split(data, "folds-5", **wrong)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="by subject"):
        make_split(faces(40), "folds-5-subject")


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5, 0.75])
def test_a_validation_part_is_about_as_large_as_asked(fraction: float) -> None:
    for people in (0, 20):
        data = faces(120, people=people, split=np.zeros(120, np.int8), split_names=("train",))
        split = make_split(data, "official", val_fraction=fraction)
        assert len(split.val) == pytest.approx(120 * fraction, abs=6)
        assert np.array_equal(np.sort(np.concatenate([split.train, split.val])), np.arange(120))
        if people:
            assert not set(data.subjects[split.train]) & set(data.subjects[split.val])  # type: ignore[index]


def test_folds_part_all_images_once() -> None:
    for protocol in ("folds-5", "folds-5-subject"):
        data = faces(60, people=12)
        tests = [make_split(data, protocol, fold=fold).test for fold in range(PROTOCOLS[protocol].folds)]
        np.testing.assert_array_equal(np.sort(np.concatenate(tests)), np.arange(60))


def test_a_part_is_named_as_the_whole_split_it_is() -> None:
    data = faces(20, labels=np.where(np.arange(20) == 3, -1, 0))
    split = make_split(data, "official")
    assert part_name(data, split, np.flatnonzero((data.split == 0) & (data.labels >= 0)), "training") == "train"
    assert part_name(data, split, split.train, "training").startswith("training part (")
    assert part_name(data, split, split.test, "test") == "test"


def test_joined_sets_have_names_of_their_own() -> None:
    """Also where the name of a set has a dash: two people of two sets are never one."""
    first = faces(6, people=2, name="my-faces")
    joined = join([first, first, dataclasses.replace(first, name="noise")])
    assert sorted(set(joined.columns["set"].tolist())) == ["my-faces", "my-faces-2", "noise"]
    assert joined.subjects is not None and len(set(joined.subjects.tolist())) == 6
    labelled = dataclasses.replace(first, labels=np.array([-1, 0, 1, 2, 0, 1]))
    without = join([labelled, first], {"c": ""})
    assert without.classes == ("a", "b")
    assert without.labels.tolist() == [-1, 0, 1, 0, 1, 0, 1, 0, 1], "what has no label stays, class c goes"
    with pytest.raises(UserError, match="Fewer than two"):
        join([first], {"b": "", "c": ""})
    with pytest.raises(UserError, match="No joined set"):
        join([first], {"z": "a"})
