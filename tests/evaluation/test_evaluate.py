"""evaluate(): classes are matched by name, and the JSON holds what the command line promises."""

import dataclasses
import json

import numpy as np
import pytest
import torch

import fer_models
from fer_models.checkpoint import save_checkpoint
from fer_models.classifier import Classifier, Prediction, load_checkpoint
from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.class_match import match_classes, parse_label_map, softmax
from fer_models.evaluation.evaluate import FEW, evaluate
from fer_models.evaluation.intervals import wilson
from fer_models.evaluation.part import Part
from fer_models.evaluation.protocol import Protocol
from fer_models.labels import CKPLUS7, FER7
from fer_models.preprocess import Preprocess


def faces(n: int = 40, classes: tuple[str, ...] = FER7, unlabelled: int = 4, seed: int = 0) -> FaceDataset:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(classes), n)
    labels[:unlabelled] = -1
    return FaceDataset(
        name="test",
        images=rng.integers(0, 256, (n, 48, 48, 1), dtype=np.uint8),
        labels=labels.astype(np.int64),
        classes=classes,
        split=np.zeros(n, np.int8),
        split_names=("Training",),
        rows=np.arange(n) * 10,
        source="memory",
    )


def predicted(labels: np.ndarray, classes: tuple[str, ...], seed: int = 0) -> Prediction:
    logits = np.random.default_rng(seed).normal(size=(len(labels), len(classes))).astype(np.float32)
    logits[labels >= 0, labels[labels >= 0]] += 2
    shifted = np.exp(logits)
    return Prediction(classes, logits, shifted / shifted.sum(1, keepdims=True), np.ones((len(labels), 3), np.float32))


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("checkpoint") / "small"
    save_checkpoint(folder, fer_models.create_model("fcsdnet", 7, 1), FER7, Preprocess())
    return load_checkpoint(folder)


def test_a_network_is_measured_with_progress_and_without_unlabelled_rows(classifier: Classifier) -> None:
    data, steps = faces(), []
    evaluation = evaluate(
        classifier,
        data,
        Protocol(Part("Training", np.arange(40)), selection="Training folds", averaging="flip"),
        batch_size=16,
        progress=lambda *step: steps.append(step),
    )
    assert steps == [(n / 36, f"{n} of 36 images") for n in (16, 32, 36)]
    assert evaluation.n == 36 and (evaluation.rows == data.rows[4:]).all()
    expected = classifier.predict(data.images[4:], averaging="flip")
    np.testing.assert_allclose(evaluation.logits, expected.logits, atol=1e-5)
    np.testing.assert_allclose(evaluation.probabilities, expected.probabilities, atol=1e-6)
    np.testing.assert_allclose(evaluation.embeddings, expected.embedding, atol=1e-5)


def test_json_is_what_fer_evaluate_promises() -> None:
    data = faces(400)
    protocol = Protocol(Part("PublicTest", np.arange(400)), selection="Training folds")
    evaluation = evaluate(predicted(data.labels, FER7), data, protocol)
    report = json.loads(json.dumps(evaluation.to_json()))
    assert report["n"] == 396 and report["classes"] == list(FER7)
    table = np.array(report["confusion"])
    assert table.sum() == 396 and report["accuracy"]["value"] == pytest.approx(np.trace(table) / 396)
    assert (report["accuracy"]["low"], report["accuracy"]["high"]) == pytest.approx(wilson(np.trace(table), 396))
    assert report["macro_f1"]["low"] < report["macro_f1"]["value"] < report["macro_f1"]["high"]
    assert report["recall"]["fear"]["value"] == pytest.approx(table[2, 2] / table[2].sum())
    assert (report["split"], report["selection"], report["averaging"]) == ("PublicTest", "Training folds", "none")
    assert report["fingerprint"] == data.fingerprint(np.arange(4, 400))
    rows = evaluation.metric_rows()
    assert rows[0]["metric"] == "accuracy" and len(rows) > 15
    expected = {"metric", "value", "low", "high", "n", "data", "split", "selection", "averaging"}
    assert all(set(row) == expected for row in rows)
    assert evaluation.sentence().endswith("n = 396 · PublicTest · epoch chosen on Training folds")


def test_classes_are_matched_by_name_and_what_is_left_out_is_said() -> None:
    """A network of FER2013's classes, in another order and in other words, on a set like CK+: six are common."""
    data = faces(300, CKPLUS7, unlabelled=0)
    order = ("neutral", "Happiness", "sad", "surprise", "fear", "Anger", "disgust")
    truth = np.array([{"happy": "Happiness", "angry": "Anger"}.get(c, c) for c in CKPLUS7])[data.labels]
    logits = np.array(
        [[3.0 if name == word else (9.0 if name == "neutral" else 0.0) for name in order] for word in truth]
    )
    raw = Prediction(order, logits.astype(np.float32), logits.astype(np.float32), np.zeros((300, 2), np.float32))
    evaluation = evaluate(raw, data, Protocol(Part("all", np.arange(300)), selection=""))
    assert evaluation.classes == CKPLUS7[:6]
    assert evaluation.n == (data.labels < 6).sum()
    assert (evaluation.targets == evaluation.predictions).all()  # neutral would have won, but the set has no neutral
    np.testing.assert_allclose(evaluation.probabilities.sum(1), 1, atol=1e-6)
    assert "contempt" in evaluation.notes[0] and "neutral" in evaluation.notes[1]


def test_a_label_map_counts_one_class_as_another_and_leaves_one_out() -> None:
    data = faces(200, CKPLUS7, unlabelled=0)
    labels = np.asarray(data.labels)
    outputs = predicted(np.array([FER7.index(n) if n in FER7 else 1 for n in np.asarray(CKPLUS7)[labels]]), FER7)
    part = Part("Training", np.arange(200))
    plain = evaluate(outputs, data, Protocol(part, selection=""))
    mapped = dataclasses.replace(part, label_map=parse_label_map("contempt=disgust, Fear="))
    evaluation = evaluate(outputs, data, Protocol(mapped, selection=""))
    assert evaluation.classes == ("angry", "disgust", "happy", "sad", "surprise")
    assert evaluation.n == 200 - (labels == CKPLUS7.index("fear")).sum() and plain.n == 200 - (labels == 6).sum()
    of_disgust = np.isin(np.asarray(CKPLUS7)[labels[evaluation.positions]], ("disgust", "contempt"))
    assert np.array_equal(evaluation.targets == 1, of_disgust) and of_disgust.sum() > (labels == 1).sum()
    assert evaluation.label_map == (("fear", ""), ("contempt", "disgust")) and plain.label_map == ()
    assert evaluation.to_json()["label_map"] == {"fear": "", "contempt": "disgust"}
    assert any("contempt as disgust" in note for note in evaluation.notes)
    assert any("fear are left out by the label map" in note for note in evaluation.notes)
    assert evaluation.take(np.arange(5)).label_map == evaluation.label_map


def test_label_maps_bring_other_names_together() -> None:
    match = match_classes(("joy", "other"), ("smile", "frown", "blink"), parse_label_map("smile=happy,frown=other"))
    assert match.classes == ("joy", "other") and match.of_label.tolist() == [0, 1, -1]
    assert match_classes(FER7, FER7, parse_label_map("fear=fear")).label_map == ()
    for bad, sentence in (("fear", "CLASS=CLASS"), ("=sad", "CLASS=CLASS"), ("fear=sad,Fearful=", "twice")):
        with pytest.raises(UserError, match=sentence):
            parse_label_map(bad)
    with pytest.raises(UserError, match="the data set has"):
        match_classes(FER7, CKPLUS7, (("boredom", "sad"),))
    with pytest.raises(UserError, match="the network knows"):
        match_classes(FER7, CKPLUS7, (("contempt", "contempt"),))


def test_bad_requests_say_what_to_do(classifier: Classifier) -> None:
    data = faces()
    protocol = Protocol(Part("test", np.arange(40)), selection="")
    with pytest.raises(UserError, match="no class in common"):
        evaluate(predicted(data.labels, tuple("abcdefg")), data, protocol)
    with pytest.raises(UserError, match="no image with a known class"):
        evaluate(classifier, data, Protocol(Part("test", np.arange(4)), selection=""))
    with pytest.raises(UserError, match="36 predictions for 40 images"):
        evaluate(predicted(data.labels[4:], FER7), data, protocol)
    with pytest.raises(UserError, match="flip, ten_crop"):
        Protocol(protocol.part, selection="", averaging="twelve_crop")


def test_a_changed_copy_keeps_no_figures_of_the_original() -> None:
    data = faces(200)
    evaluation = evaluate(predicted(data.labels, FER7), data, Protocol(Part("all", np.arange(200)), selection=""))
    before = evaluation.estimate(("accuracy",))["accuracy"].value
    perfect = dataclasses.replace(evaluation, predictions=evaluation.targets)
    assert before < 1 and perfect.estimate(("accuracy",))["accuracy"].value == 1


def test_classes_without_images_are_said_and_no_zero() -> None:
    data = faces(40, unlabelled=0)
    of_two = np.flatnonzero(np.isin(data.labels, (3, 4)))
    prediction = predicted(data.labels[of_two], FER7)
    evaluation = evaluate(prediction, data, Protocol(Part("Training", of_two), selection="none"))
    written = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert written["recall"]["angry"] == {"value": None, "low": None, "high": None}
    assert any("no image of angry, disgust" in note for note in written["notes"])
    alone = evaluation.take(evaluation.targets == 3)
    assert "All images are of one class" in alone.few
    one = np.flatnonzero(evaluation.targets == 3)[:1]
    assert "Fewer than" in evaluation.take(np.repeat(one, FEW - 1)).few
    assert "Fewer than" not in evaluation.take(np.repeat(one, FEW)).few
    assert alone.estimate(["mcc"])["mcc"].to_json()["value"] is None


@pytest.mark.parametrize("network", [("sad", "Anger", "happy"), ("Anger", "sad", "happy")])
def test_every_part_of_a_match_of_classes(network: tuple[str, ...]) -> None:
    """Three outputs and four classes: two by name, one brought over, one left out, whichever output comes first."""
    data = ("happiness", "contempt", "angry", "sadness")
    match = match_classes(network, data, parse_label_map("contempt=anger, sad="))
    assert match.classes == ("happiness", "angry")
    assert match.of_network.tolist() == [2, network.index("Anger")] and match.of_label.tolist() == [0, 1, 1, -1]
    assert match.label_map == (("contempt", "Anger"), ("sadness", ""))
    assert [note.split(":")[0].split(",")[0] for note in match.notes] == [
        "By the label map the data set's images count otherwise",
        "Images of sadness are left out by the label map.",
        "sad is not in this data set and was left out; the other 2 were rescaled.",
    ]
    assert "contempt as Anger." in match.notes[0]
    whole = match_classes(FER7, FER7)
    assert whole.notes == () and whole.label_map == ()
    assert whole.of_network.tolist() == whole.of_label.tolist() == list(range(7))
    only = match_classes(network, data[:3])
    assert only.notes[0] == "Images of contempt are left out: the network has no such class."
    assert len(only.notes) == 2 and match_classes(network, ("happy", "sad", "angry")).notes == ()
    # An output of a class that only a label map reaches keeps the network's word.
    assert match_classes(("joy", "other"), ("smile", "joy"), parse_label_map("smile=other")).classes == ("other", "joy")
    assert softmax(np.array([[1000.0, 1001.0], [-1e4, -1e4]])) == pytest.approx(
        np.array([[0.2689, 0.7311], [0.5, 0.5]]), abs=1e-4
    )
    with pytest.raises(UserError, match="share the class happy only"):
        match_classes(("happy", "sad"), ("happy", "angry"))
    with pytest.raises(UserError, match="share the class sad only"):
        match_classes(("sad", "happy"), ("sad", "fear"))
