"""FER2013 in all its forms, and FERPlus's votes joined to it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_models.data import UNLABELLED, open_dataset
from fer_models.data.opening import recognise, recognisers
from fer_models.data.readers.ferplus import VOTED, targets
from fer_models.errors import UserError
from fer_models.labels import FER7, FER8

Rows = list[tuple[int, np.ndarray, str]]
Write = Callable[..., None]


def _check(data, rows: Rows) -> None:
    assert data.name == "fer2013" and data.classes == FER7
    assert data.split_names == ("Training", "PublicTest", "PrivateTest")
    assert data.labels.tolist() == [row[0] for row in rows]
    assert [data.split_names[i] for i in data.split] == [row[2] for row in rows]
    np.testing.assert_array_equal(data.images, np.stack([row[1] for row in rows]))


def test_official_csv(tmp_path: Path, fer_rows: Rows, write_pixel_csv: Write) -> None:
    write_pixel_csv(tmp_path / "fer2013.csv", "emotion,pixels,Usage", fer_rows)
    _check(open_dataset(tmp_path / "fer2013.csv"), fer_rows)
    data = open_dataset(tmp_path)
    _check(data, fer_rows)
    assert data.notes[0].startswith("Training: 3 angry instead of 3,995, 2 disgust instead of 436")


def test_icml_csv_with_spaces_in_its_header(tmp_path: Path, fer_rows: Rows, write_pixel_csv: Write) -> None:
    rows = [(emotion, usage, image) for emotion, image, usage in fer_rows]
    write_pixel_csv(tmp_path / "sub" / "icml_face_data.csv", "emotion, Usage, pixels", rows)
    _check(open_dataset(tmp_path), fer_rows)


def test_kaggle_halves(tmp_path: Path, fer_rows: Rows, write_pixel_csv: Write) -> None:
    write_pixel_csv(tmp_path / "train.csv", "emotion,pixels", [row[:2] for row in fer_rows[:15]])
    write_pixel_csv(tmp_path / "test.csv", "pixels", [row[1:2] for row in fer_rows[15:]])
    both = open_dataset(tmp_path)
    assert both.name == "fer2013" and both.split_names == ("Training", "Test")
    assert both.labels.tolist() == [row[0] for row in fer_rows[:15]] + [UNLABELLED] * 6
    assert both.rows.tolist() == list(range(21))
    assert open_dataset(tmp_path / "train.csv").split_names == ("Training",)
    test = open_dataset(tmp_path / "test.csv")
    assert test.split_names == ("Training", "Test") and set(test.labels) == {UNLABELLED} and set(test.split) == {1}


def test_other_columns_are_not_taken_for_a_set_without_labels(tmp_path: Path) -> None:
    (tmp_path / "fer2013.csv").write_text("label,pixels,part\n0," + "0 " * 2304 + ",Training\n")
    with pytest.raises(UserError, match="has no column 'emotion'; its columns are: label, pixels, part"):
        open_dataset(tmp_path)


def test_sheets(tmp_path: Path, fer_rows: Rows, save: Write) -> None:
    sheet = np.zeros((2880, 2880, 1), np.uint8)
    for i, (_, image, _) in enumerate(fer_rows):
        sheet[:48, 48 * i : 48 * i + 48] = image
    save(tmp_path / "sheet_0.png", sheet)
    lines = "".join(f"{emotion},{usage}\n" for emotion, _, usage in fer_rows)
    (tmp_path / "labels.csv").write_text("emotion,Usage\n" + lines)
    assert recognise(tmp_path) == "fer2013"
    _check(open_dataset(tmp_path), fer_rows)
    (tmp_path / "labels.csv").write_text("emotion,Usage\n" + lines * 200)
    with pytest.raises(UserError, match=r"sheet_1.png is missing beside labels.csv, which lists 4,200 faces"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((9, 48, "Training"), r"fer2013.csv, line 3: label '9' is not one of FER2013's 0 to 6"),
        ((1, 48, "Testing"), r"line 3: Usage 'Testing' is not one of Training, PublicTest, PrivateTest"),
        ((1, 47, "Training"), r"line 3: 2209 pixels instead of 2304"),
    ],
)
def test_damaged_rows_are_named(
    tmp_path: Path, fer_rows: Rows, write_pixel_csv: Write, row: tuple[int, int, str], message: str
) -> None:
    bad = (row[0], np.zeros((row[1], row[1]), np.uint8), row[2])
    write_pixel_csv(tmp_path / "fer2013.csv", "emotion,pixels,Usage", [fer_rows[0], bad])
    with pytest.raises(UserError, match=message):
        open_dataset(tmp_path / "fer2013.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty or no text"),
        ("emotion,pixels,Usage\n", "no rows"),
        ("emotion,Usage\n0,Training\n", "found the columns emotion, usage"),
        ("pixels,Usage\n" + "0 " * 2304 + ",Training\n", "no column 'emotion'"),
        ("0," + "255 " * 2304 + ",Training\n", "found the columns 0, 255 255"),
    ],
)
def test_damaged_files(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "fer2013.csv").write_text(text)
    with pytest.raises(UserError, match=message) as error:
        open_dataset(tmp_path / "fer2013.csv", reader="fer2013")
    assert len(str(error.value)) < 700
    with pytest.raises(UserError):
        open_dataset(tmp_path / "fer2013.csv")


def _votes(**counts: int) -> list[int]:
    return [counts.get(word, 0) for word in VOTED]


@pytest.fixture
def ferplus(tmp_path: Path, fer_rows: Rows, write_pixel_csv: Write) -> Path:
    write_pixel_csv(tmp_path / "fer2013.csv", "emotion,pixels,Usage", fer_rows)
    rows = [_votes(happiness=10) for _ in fer_rows]
    rows[0] = _votes(anger=7, disgust=2, fear=1)
    rows[1] = _votes(NF=10)
    rows[2] = _votes(contempt=9)
    rows[3] = _votes(sadness=4, neutral=4, fear=2)
    rows[4] = _votes(unknown=6, fear=4)
    # The number in the name drifts from the row, and a row without a name takes no number.
    lines = [",".join(["Usage", "Image name", *VOTED])]
    for i, (row, counts) in enumerate(zip(fer_rows, rows, strict=True)):
        name = "" if i == 1 else f"fer{i + 3:07d}.png"
        lines.append(",".join([row[2], name, *map(str, counts)]))
    (tmp_path / "fer2013new.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_ferplus_joins_by_row(ferplus: Path, fer_rows: Rows) -> None:
    assert recognisers(ferplus) == ["fer2013", "ferplus"]
    data = open_dataset(ferplus / "fer2013new.csv")
    assert data.name == "ferplus" and data.classes == FER8
    assert data.rows.tolist() == [0, 2, *range(5, 21)]
    assert [data.classes[i] for i in data.labels[:3]] == ["angry", "contempt", "happy"]
    np.testing.assert_array_equal(data.images[1], fer_rows[2][1])
    np.testing.assert_allclose(data.soft_labels[0], [7 / 9, 2 / 9, 0, 0, 0, 0, 0, 0], atol=1e-6)
    assert data.columns["votes"][1].sum() == 9 and data.columns["fer2013_label"][2] == FER7[5]
    assert data.notes[0] == "3 of 21 rows were left out: 1 not a face, 1 unknown, 1 no agreement."


def test_ferplus_other_targets(ferplus: Path) -> None:
    several = open_dataset(ferplus, reader="ferplus:target=multilabel")
    assert several.rows[2] == 3
    assert several.soft_labels[2].tolist() == [0, 0, 0, 0, 1, 0, 1, 0]
    shares = open_dataset(ferplus, reader="ferplus:target=probability")
    np.testing.assert_allclose(shares.soft_labels[2], [0, 0, 0.2, 0, 0.4, 0, 0.4, 0], atol=1e-6)
    assert several.fingerprint() == shares.fingerprint()


def test_ferplus_that_does_not_belong(ferplus: Path) -> None:
    table = ferplus / "fer2013new.csv"
    text = table.read_text()
    table.write_text(text.replace("PublicTest", "Training", 1))
    with pytest.raises(UserError, match="line 17: Usage is Training where FER2013 has PublicTest"):
        open_dataset(ferplus, reader="ferplus")
    table.write_text("\n".join(text.splitlines()[:-1]))
    with pytest.raises(UserError, match="20 rows for 21 faces"):
        open_dataset(ferplus, reader="ferplus")
    table.write_text(text.replace(",10", ",x", 1))
    with pytest.raises(UserError, match="votes must be ten small whole numbers"):
        open_dataset(ferplus, reader="ferplus")
    table.write_text(text.replace("contempt", "scorn", 1))
    with pytest.raises(UserError, match="lacks the columns contempt"):
        open_dataset(ferplus, reader="ferplus")


def test_single_votes_and_empty_rows() -> None:
    votes = np.asarray([_votes(), _votes(anger=1, fear=1, sadness=1), _votes(NF=5, anger=5)], np.uint8)
    _, _, reason = targets(votes, "probability")
    assert reason.tolist() == ["no agreement", "no agreement", "not a face"]


def test_the_real_votes(shared: Path) -> None:
    """Counts stated with the data: 173 rows of the full file lack a name; these are its first 32,298 rows."""
    data = open_dataset(shared / "data" / "fer2013", reader="ferplus")
    assert data.columns["votes"].sum(axis=1).min() >= 9
    assert 28_000 < len(data) < 28_600 and data.split_names == ("Training", "PublicTest")
    # Both labellings see the same faces: were the rows joined wrongly, agreement would be near chance.
    fer2013 = data.columns["fer2013_label"]
    assert np.mean(np.asarray(data.classes)[data.labels] == fer2013) > 0.6


def test_original_ckplus_sequences_give_neutral_first_and_three_last_frames(tmp_path):
    frames, emotion = (tmp_path / name / "S005" / "001" for name in ("cohn-kanade-images", "Emotion"))
    frames.mkdir(parents=True)
    emotion.mkdir(parents=True)
    for number in range(1, 8):
        Image.fromarray(np.full((64, 80), 10 * number, np.uint8)).save(frames / f"S005_001_{number:08d}.png")
    (emotion / "S005_001_00000007_emotion.txt").write_text("   5.0000000e+00\n")
    dataset = open_dataset(str(tmp_path), reader="ckplus_sequences:crop=middle")
    assert [dataset.classes[label] for label in dataset.labels] == ["neutral", "happy", "happy", "happy"]
    assert dataset.subjects.tolist() == ["S005"] * 4 and dataset.columns["sequence"].tolist() == ["S005_001"] * 4
    assert open_dataset(str(tmp_path)).name == "ckplus_sequences"


def test_votes_at_the_borders_of_each_rule() -> None:
    """A share of a half agrees on nothing, of 30 % counts; two votes are no slip; ties go against a face."""

    def reasons(target: str, *rows: list[int]) -> list[str]:
        return targets(np.asarray(rows, np.uint8), target)[2].tolist()

    half, more = _votes(anger=5, fear=5), _votes(anger=6, fear=4)
    assert reasons("majority", half, more) == ["no agreement", ""]
    assert reasons("probability", half, _votes(anger=5, unknown=3, NF=2), _votes(anger=6, unknown=4)) == [
        "",
        "no agreement",
        "",
    ]
    tied = (_votes(anger=4, unknown=4, fear=2), _votes(anger=4, NF=4, fear=2), _votes(anger=5, NF=3, fear=2))
    assert reasons("probability", *tied) == ["unknown", "not a face", ""]
    votes = np.asarray([_votes(anger=7, fear=3), _votes(anger=8, fear=2), _votes(anger=9, fear=1)], np.uint8)
    labels, soft, reason = targets(votes, "multilabel")
    where = [FER8.index("angry"), FER8.index("fear")]
    assert soft[:, where].tolist() == [[1, 1], [1, 0], [1, 0]] and reason.tolist() == ["", "", ""]
    assert labels.tolist() == [where[0]] * 3
    shares = targets(votes, "probability")[1][:, where]
    np.testing.assert_allclose(shares, [[0.7, 0.3], [0.8, 0.2], [1.0, 0.0]], atol=1e-6)


@pytest.mark.parametrize(("count", "taken"), [("20", True), ("21", False)])
def test_a_row_has_at_most_twenty_votes_for_a_class(ferplus: Path, count: str, taken: bool) -> None:
    table = ferplus / "fer2013new.csv"
    table.write_text(table.read_text().replace(",10", f",{count}") + f"Training,extra.png,{','.join(['0'] * 10)}\n")
    if taken:
        assert len(open_dataset(ferplus, reader="ferplus")) == 18  # the row beyond FER2013's is not read
    else:
        with pytest.raises(UserError, match="ten small whole numbers"):
            open_dataset(ferplus, reader="ferplus")
