"""``fer claims`` and ``fer audit``: the promised JSON, exit codes, and one sentence for what cannot be used."""

import json

import cv2
import numpy as np
import pytest

from fer_models.cli import main
from fer_models.labels import FER7

# Printed in Table 10 of the fifth paper for FER2013.
COUNTS = (4953, 547, 5121, 8989, 6077, 4002, 6198)
PRINTED = {"counts": dict(zip(FER7, COUNTS, strict=True)), "accuracy": 82.89, "recall": 94.18}


@pytest.fixture
def folder(tmp_path):
    """Two classes, ten pictures each for training and five for test; one test picture is a copy of a training one."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 10), ("test", 5)):
        for name in ("happy", "sad"):
            (tmp_path / "faces" / split / name).mkdir(parents=True)
            for number in range(count):
                noise = rng.integers(0, 255, (48, 48), dtype=np.uint8)
                cv2.imwrite(str(tmp_path / "faces" / split / name / f"{number}.png"), noise)
    copy = cv2.imread(str(tmp_path / "faces/train/sad/3.png"), cv2.IMREAD_GRAYSCALE)
    cv2.imwrite(str(tmp_path / "faces/test/happy/0.png"), copy)
    cv2.imwrite(str(tmp_path / "faces/train/happy/0.png"), np.zeros((48, 48), np.uint8))
    return str(tmp_path / "faces")


def test_claims_prints_possible_and_reasons(tmp_path, capsys):
    file = tmp_path / "claim.json"
    file.write_text(json.dumps(PRINTED))
    assert main(["claims", str(file)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"possible", "reasons", "matrix"}
    assert answer["possible"] is False
    assert any("89.8" in reason for reason in answer["reasons"]), answer["reasons"]
    file.write_text(json.dumps(PRINTED | {"accuracy": 94.0}))
    assert main(["claims", str(file)]) == 0
    assert json.loads(capsys.readouterr().out)["possible"] is True


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ("[1, 2]", "holds no claim"),
        ('{"accuracy": 70}', "counts"),
        ('{"counts": [NaN, 3], "accuracy": 70}', "is not JSON"),
        ('{"counts": [5, 3]}', "at least one of"),
        ('{"counts": [5, 3], "accuracy": 170}', "percentage"),
        (None, "cannot be read"),
        (b"\xff\xfe\x00", "not a text file"),
    ],
)
def test_a_bad_claim_gets_one_sentence(tmp_path, capsys, content, words):
    file = tmp_path / "claim.json"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        file.write_text(content)
    assert main(["claims", str(file)]) == 2
    error = capsys.readouterr().err.strip()
    assert words in error and len(error.splitlines()) == 1 and "Traceback" not in error


def test_audit_prints_the_promised_json(folder, tmp_path, capsys):
    assert main(["audit", folder, "--json", "-"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["rows"] == 30
    assert report["classes"] == {"happy": 15, "sad": 15}
    assert (report["blank"], report["unreadable"]) == (1, 0)
    assert (report["duplicate_groups"], report["conflicting_groups"]) == (1, 1)
    assert report["leaks"]["test"]["exact"] == 1
    assert report["leaks"]["test"]["near"] == 1
    assert report["subjects_across"] is None
    nearest = report["nearest_neighbour"]
    assert 0 <= nearest["chosen"]["accuracy"] <= 1 and 0 <= nearest["subject_safe"]["accuracy"] <= 1
    out = tmp_path / "audit.json"
    assert main(["audit", folder, "--reader", "folder", "--json", str(out)]) == 0
    assert json.loads(out.read_text()) == report
    assert "groups of identical images" in capsys.readouterr().out


def test_audit_of_what_is_no_data_set_gets_one_sentence(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    for arguments in (["audit", "nothing"], ["audit", str(tmp_path / "empty")]):
        assert main(arguments) == 2
        error = capsys.readouterr().err.strip()
        assert len(error.splitlines()) == 1 and "Traceback" not in error
