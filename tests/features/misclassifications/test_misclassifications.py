"""Filters, orders, votes, neighbours and marks of the misclassified faces."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from evidence_maker import answers, write_faces

from fer_models.data import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation import mistakes
from fer_models.evaluation.annotators import votes_name
from fer_models.evaluation.mistakes import Filter
from workbench.app import marks
from workbench.evidence.model import answers as answers_model
from workbench.features.misclassifications import filters
from workbench.features.misclassifications.model import neighbours


@pytest.fixture
def dataset(folders: Path) -> FaceDataset:
    return write_faces(folders)


def voted_set(dataset: FaceDataset) -> FaceDataset:
    """Everyone agrees with the label, but for disgust (nobody) and fear (half); the first picture has no votes."""
    shares = np.eye(7, dtype=np.float32)[dataset.labels]
    disgust, fear = (dataset.classes.index(name) for name in ("disgust", "fear"))
    shares[dataset.labels == disgust] = np.eye(7)[0]
    shares[dataset.labels == fear] = 0.5 * np.eye(7)[fear] + 0.5 * np.eye(7)[5]
    return dataclasses.replace(dataset, soft_labels=shares)


def test_only_errors_and_in_the_order_asked_for(dataset: FaceDataset) -> None:
    evaluation = answers(dataset)
    scores = mistakes.scores(evaluation)
    wrong = evaluation.predictions != evaluation.targets
    sure = mistakes.ordered(evaluation, dataset, Filter(), "confidence", scores)
    assert set(sure) == set(np.flatnonzero(wrong)) and len(sure) == 6
    assert answers_model.title(evaluation, int(sure[0])) == "sad > neutral"
    assert (np.diff(scores.confidence[sure]) <= 0).all()
    loss = mistakes.ordered(evaluation, dataset, Filter(), "loss", scores)
    assert (np.diff(scores.loss[loss]) <= 0).all()
    close = mistakes.ordered(evaluation, dataset, Filter(), "close", scores)
    assert (np.diff(scores.margin[close]) >= 0).all()
    assert answers_model.title(evaluation, int(close[0])) == "disgust > angry"
    at = int(sure[0])
    label = float(evaluation.probabilities[at, evaluation.targets[at]])
    assert scores.loss[at] == pytest.approx(-np.log(label), rel=1e-5)
    assert scores.margin[at] == pytest.approx(scores.confidence[at] - label)
    # A plain blank: the type of the contact sheet draws a no-break space as a box.
    assert answers_model.caption(evaluation, at) == f"sad > neutral, {100 * scores.confidence[at]:.0f} %"


def test_filters(dataset: FaceDataset) -> None:
    evaluation = answers(dataset)
    scores = mistakes.scores(evaluation)

    def count(**conditions: object) -> int:
        light = mistakes.light(evaluation, dataset)
        return len(mistakes.ordered(evaluation, dataset, Filter(**conditions), "source", scores, brightness=light))  # type: ignore[arg-type]

    assert count(true="sad") == 2 and count(predicted="sad") == 2
    assert count(true="sad", predicted="sad") == 0
    assert count(true="sad", right=True) == 3
    assert count(rows=frozenset()) == 0
    wrong = evaluation.rows[evaluation.predictions != evaluation.targets]
    assert count(rows=frozenset({int(wrong[0])})) == 1
    assert count(brightness=(0, 100)) == 0 and count(brightness=(100, 160)) == 6
    named = dataclasses.replace(dataset, subjects=np.where(dataset.labels == 4, "ann", "ben"))
    assert len(mistakes.ordered(evaluation, named, Filter(subjects=("ann",)), "source", scores)) == 2


def test_annotators_doubt(dataset: FaceDataset) -> None:
    evaluation, voted = answers(dataset), voted_set(dataset)
    scores = mistakes.scores(evaluation, voted)
    indices = mistakes.ordered(evaluation, dataset, Filter(), "votes", scores)
    titles = [answers_model.title(evaluation, int(index)) for index in indices[:2]]
    assert titles == ["disgust > angry", "fear > surprise"]
    assert scores.doubt is not None and scores.doubt[indices[0]] == 1 and scores.doubt[indices[1]] == 0.5
    assert mistakes.votes_of(evaluation, voted, int(indices[1])) == [("fear", 0.5), ("surprise", 0.5)]
    with pytest.raises(UserError, match="no votes"):
        mistakes.ordered(evaluation, dataset, Filter(), "votes", mistakes.scores(evaluation))
    assert votes_name(dataset, "small") is None
    assert votes_name(voted, "small") == "small"


def test_the_nearest_face_is_not_itself(dataset: FaceDataset) -> None:
    evaluation = answers(dataset)
    assert evaluation.embeddings is not None
    twin = evaluation.embeddings.copy()
    twin[3] = 2 * twin[7]  # the same direction, another length
    evaluation = dataclasses.replace(evaluation, embeddings=twin)
    similar = neighbours.nearest(evaluation, 7, evaluation, count=3)
    assert len(similar) == 3 and similar[0].position == evaluation.positions[3]
    assert similar[0].cosine == pytest.approx(1, abs=1e-5)
    assert similar[0].true == evaluation.classes[evaluation.targets[3]]
    bare = dataclasses.replace(evaluation, embeddings=None)
    assert neighbours.nearest(bare, 7, bare) == []


def test_marks_are_kept_by_row_and_leave_no_trace_when_taken_off(dataset: FaceDataset) -> None:
    assert marks.read(dataset) == {}
    position = int(dataset.split_index("test")[4])
    row = int(dataset.rows[position])
    marks.put(dataset, position, ["label wrong", "good teaching example"])
    marks.put(dataset, position + 1, ["ambiguous"])
    assert marks.read(dataset)[row] == {"label wrong", "good teaching example"}
    lines = marks.file(dataset).read_text().splitlines()
    assert lines[0] == "row,mark,class,split"
    assert f"{row},label wrong,{dataset.classes[dataset.labels[position]]},test" in lines
    assert len(lines) == 4
    assert answers_model.marked_rows(marks.read(dataset), ("label wrong", "not a face")) == {row}
    marks.put(dataset, position, [])
    assert row not in marks.read(dataset) and len(marks.read(dataset)) == 1
    with pytest.raises(UserError, match="no mark nonsense"):
        marks.put(dataset, position, ["nonsense"])


def test_another_source_has_marks_of_its_own_and_odd_lines_are_passed_over(dataset: FaceDataset) -> None:
    marks.put(dataset, 0, ["ambiguous"])
    elsewhere = dataclasses.replace(dataset, source="/somewhere/else")
    assert marks.file(elsewhere) != marks.file(dataset) and marks.read(elsewhere) == {}
    with marks.file(dataset).open("a") as stream:
        stream.write("x,ambiguous,,\n5,nonsense,,\n7\n\n9,not a face,,\n")
    assert set(marks.read(dataset)) == {int(dataset.rows[0]), 9}
    marks.file(dataset).write_bytes(b"\xff\xfe")
    assert marks.read(dataset) == {}


def test_marks_that_cannot_be_written_are_said(dataset: FaceDataset) -> None:
    marks.file(dataset).parent.parent.mkdir(parents=True, exist_ok=True)
    marks.file(dataset).parent.write_text("in the way")
    with pytest.raises(UserError, match="cannot be written"):
        marks.put(dataset, 0, ["ambiguous"])


def test_the_title_of_a_sheet_is_in_words() -> None:
    assert filters.in_words(Filter(), "any", "largest loss first") == "Errors: largest loss first"
    narrow = Filter("sad", "angry", ("ann", "bob"), (10, 90), (50, 100), right=True)
    assert filters.in_words(narrow, "label in doubt", "order of the data set") == (
        "All answers: labelled sad, read as angry, marked label in doubt, mean brightness 10 to 90, "
        "occlusion rank 50 to 100, subjects ann, bob, order of the data set"
    )
    assert "not marked yet" in filters.in_words(Filter(), "not marked yet", "order of the data set")
