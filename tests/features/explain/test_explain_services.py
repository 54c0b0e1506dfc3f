"""What the tabs of Explain compute, without Streamlit."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from app_driver import make_checkpoint
from PIL import Image

from fer_models import create_model
from fer_models.checkpoint import save_checkpoint
from fer_models.classifier import Classifier
from fer_models.data import open_dataset
from fer_models.data.synthetic import AU_REGIONS
from fer_models.errors import UserError
from fer_models.explain import explain as library_explain
from fer_models.explain.faithfulness import measure
from fer_models.explain.own_attention.order import tokens_in_sequence
from fer_models.explain.trust.card import QUICK_MAPS
from fer_models.explain.trust.standing import RANDOM_MAPS
from fer_models.faces.detect import detect_faces
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess
from fer_models.robustness import CORRUPTIONS, FaceGeometry
from fer_models.robustness import change as change_model
from fer_models.robustness.change import Change
from workbench.face.model import crop, samples
from workbench.face.model.crop import Framed
from workbench.features.explain.model import attention, contrast, methods, networks, trust, trust_tables
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model import printed
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Question


@pytest.fixture
def classifier(folders: Path) -> Classifier:
    return Classifier(make_checkpoint(folders / "checkpoints" / "one"))


@pytest.fixture
def framed() -> Framed:
    picture = samples.picture("drawn-happy")
    return crop.frame(picture, detect_faces(picture)[0], Preprocess(48, 1), "drawn-happy")


def test_a_drawn_face_has_true_regions_that_share_no_pixel(framed: Framed) -> None:
    masks = list(framed.masks.values())
    assert np.sum(masks, axis=0).tolist() == np.ones((48, 48), int).tolist()
    assert "so they are true" in framed.source
    rows, _ = np.nonzero(framed.masks["mouth"])
    eyes, _ = np.nonzero(framed.masks["eyes"])
    assert eyes.mean() < 24 < rows.mean()
    assert framed.crop.large.shape[2] == 3 and framed.crop.pixels.shape == (48, 48, 1)


def test_a_photograph_gets_a_template_and_says_so() -> None:
    picture = samples.picture("drawn-happy")
    face = crop.frame(picture, detect_faces(picture)[0], Preprocess(48, 1))
    assert face.source.startswith("a template") and set(face.masks) > {"eyes", "mouth", "background"}
    assert set(face.unit_areas) == set(AU_REGIONS) and face.problem is None


def test_a_drawn_face_has_true_areas_of_its_action_units(framed: Framed) -> None:
    assert (framed.unit_areas["AU12"] == (framed.masks["mouth"] | framed.masks["cheeks"])).all()
    outlined = crop.outlined(framed, 144)
    assert outlined.shape == (144, 144, 3) and 0.01 < (outlined == (255, 170, 0)).all(2).mean() < 0.4


def test_five_points_of_the_detector_place_the_regions_or_say_why_not(classifier: Classifier) -> None:
    picture = samples.picture("drawn-happy")
    found = detect_faces(picture)[0]
    left, top = found.box[:2]
    points = np.array([(0.315, 0.385), (0.672, 0.393), (0.476, 0.6), (0.34, 0.744), (0.629, 0.754)], np.float32)
    placed = replace(found, landmarks=points * (found.width, found.height) + (left, top))
    front = crop.frame(picture, placed, Preprocess(48, 1))
    assert front.problem is None and "mouth corners" in front.source
    points[2, 0] = 0.2
    aside = replace(found, landmarks=points * (found.width, found.height) + (left, top))
    turned = crop.frame(picture, aside, Preprocess(48, 1))
    assert turned.problem is not None and "turned too far" in turned.problem
    look = look_model.look(classifier, turned.crop.pixels, Question())
    assert crop.region_shares(look.attribution, classifier.classes, turned) is None


def test_region_shares_add_up_and_the_background_raises_an_alarm(classifier: Classifier, framed: Framed) -> None:
    look = look_model.look(classifier, framed.crop.pixels, Question(target="happy"))
    values = np.zeros((1, 48, 48), np.float32)
    values[0][framed.masks["background"]] = 1
    values[0][framed.masks["mouth"]] = 1
    planted = replace(look.attribution, values=values, cells=None)
    shares = crop.region_shares(planted, classifier.classes, framed)
    assert shares is not None and shares.alarm
    assert sum(shares.shares.values()) == pytest.approx(1)
    assert shares.units is not None and 0 <= shares.units[0] <= 1
    nothing = replace(look.attribution, values=-values, cells=None)
    assert crop.region_shares(nothing, classifier.classes, framed) is None


def test_a_saved_map_says_how_it_was_made(classifier: Classifier, framed: Framed) -> None:
    pixels, display = framed.crop.pixels, Display(0.4, True, "cividis")
    look = look_model.look(classifier, pixels, Question(target="fear", of="probability", upsampling="nearest"))
    picture = Image.open(io.BytesIO(printed.png(pixels, look, display, classifier.checkpoint)))
    settings = json.loads(picture.text["Settings"])
    assert settings["weights_sha256"] == classifier.checkpoint.sha256 and settings["score"] == "probability"
    assert settings["options"]["upsampling"] == "nearest" and settings["display"] == vars(display)
    assert picture.height > picture.width  # the lines are printed under the face
    assert "probability of fear" in look_model.facts(look) and "nearest" in look_model.facts(look)


def test_nearest_upsampling_shows_the_cells(classifier: Classifier, framed: Framed) -> None:
    look = look_model.look(classifier, framed.crop.pixels, Question(upsampling="nearest"))
    height, width = look.attribution.layer_size or (0, 0)
    assert len(np.unique(look.attribution.values)) <= height * width


def test_the_grid_of_methods_is_the_library_s(classifier: Classifier, framed: Framed) -> None:
    pixels = framed.crop.pixels
    fractions: list[float] = []
    lines = methods.grid(
        classifier,
        pixels,
        ["grad_cam", "saliency"],
        ["happy", "sad"],
        across="classes",
        question=Question(),
        progress=lambda done, what: fractions.append(done),
    )
    look = lines[0].looks[1]
    assert look is not None and look.target == "sad" and fractions == sorted(fractions) and len(fractions) == 4
    same = library_explain(classifier, classifier.prepare([pixels]), "grad_cam", "sad").values
    assert np.array_equal(look.attribution.values, same)
    layers = list(look_model.layers(classifier))[:2]
    across = methods.grid(classifier, pixels, ["grad_cam", "saliency"], layers, across="layers", question=Question())
    assert [look.attribution.layer for look in across[0].looks if look] == layers
    assert across[1].problems == ("", "uses no layer") and across[1].looks[1] is None


def test_networks_are_read_one_by_one(classifier: Classifier, framed: Framed, folders: Path) -> None:
    torch.manual_seed(1)
    plain = Classifier(
        save_checkpoint(
            folders / "checkpoints" / "six", create_model("mini_xception", 6, 1), FER7[:6], Preprocess(48, 1)
        )
    )
    question = Question(target="neutral")
    first, second = (networks.read(c, framed.crop.pixels, question) for c in (classifier, plain))
    assert first.look is not None and first.look.target == "neutral" and first.attended is not None
    assert second.look is None and "no class neutral" in second.problem and second.attended is None
    assert networks.own_name("happy", ("happiness", "sadness")) == "happiness"
    shares = [None, None]
    rows = networks.table(["one", "six"], [first, second], shares)
    assert len(rows) == 7 + 6 and sum(float(str(row[3])) for row in rows) == pytest.approx(2, abs=1e-5)
    faces = [framed.crop.pixels] * 2
    sheet = Image.open(io.BytesIO(networks.sheet(["one", "six"], [first, second], faces, Display(), "note")))
    assert sheet.height > 2 * 192


def test_networks_are_sorted_by_agreement() -> None:
    class Said:
        def __init__(self, name: str, probability: float) -> None:
            self.answer = (name, probability)

    readings = [Said("fear", 0.99), Said("sad", 0.5), Said("sad", 0.9), Said("happy", 0.4)]
    assert networks.by_agreement(readings) == [2, 1, 0, 3]  # type: ignore[arg-type]


def test_the_verdict_of_the_networks() -> None:
    class Said:
        def __init__(self, name: str) -> None:
            self.answer = (name, 0.5)

    def verdict(*names: str) -> str:
        return networks.verdict([Said(name) for name in names])  # type: ignore[misc]

    assert verdict("sad", "sad") == "All 2 networks say sad."
    assert verdict("sad", "sad", "fear") == "2 of 3 networks say sad; 1 says fear."
    assert verdict("sad", "fear") == "All 2 networks answer differently: sad, fear."


def test_a_contrast_is_the_difference_of_both_maps(classifier: Classifier, framed: Framed) -> None:
    comparison = contrast.contrast(classifier, framed.crop.pixels, "fear", "surprise", Question(method="hires_cam"))
    apart = comparison.of_a.attribution.values - comparison.of_b.attribution.values
    assert np.allclose(comparison.difference.attribution.values, apart, atol=1e-5 * np.abs(apart).max() + 1e-9)
    logits = comparison.of_a.prediction.logits[0]
    assert comparison.margin == pytest.approx(float(logits[FER7.index("fear")] - logits[FER7.index("surprise")]))
    rows = contrast.sides(comparison.difference, framed.masks)
    assert sum(a + b for _, a, b in rows) == pytest.approx(1, abs=1e-5)
    with pytest.raises(UserError, match="two different classes"):
        contrast.contrast(classifier, framed.crop.pixels, "fear", "fear", Question())


def test_channels_come_by_gate_and_queries_by_place(classifier: Classifier, framed: Framed, folders: Path) -> None:
    channel = next(m for m in attention.modules(classifier, framed.crop.pixels) if m.kind == "channel")
    maps = attention.channel_maps(channel, 48, most=3, least=2)
    gates = [gate for _, gate, _ in maps]
    assert len(maps) == 5 and gates == sorted(gates, reverse=True)
    assert gates[0] == channel.weights.max() and gates[-1] == channel.weights.min()
    assert "gates are not attention" in attention.flow(classifier, framed.crop.pixels).reason

    torch.manual_seed(0)
    model = create_model("separable_attention", 7, 1)
    both = Classifier(save_checkpoint(folders / "checkpoints" / "both", model, FER7, Preprocess(48, 1)))
    tokens = attention.modules(both, framed.crop.pixels)[0]
    rows, columns = tokens.query_grid or (0, 0)
    assert attention.query_map(tokens, 0, 1, 48).shape == (48, 48)
    down, across = attention.query_places(tokens)
    assert down[0] == 0 and len(down) <= 7 and max(across) < columns and rows > 1
    assert not tokens_in_sequence(both, both.prepare([framed.crop.pixels]))
    assert "parallel" in attention.flow(both, framed.crop.pixels).reason


def test_attention_is_averaged_over_the_faces_of_each_class(classifier: Classifier) -> None:
    steps: list[tuple[float, str]] = []
    means = attention.class_means(
        classifier,
        open_dataset("synthetic:count=70,size=48,identities=10"),
        lambda share, words: steps.append((share, words)),
    )
    assert means.means and means.shown and steps[-1][0] == 1.0
    assert all(means.counts[k] for k in means.shown) and means.where.startswith("synthetic")
    for maps in means.means.values():
        assert maps.maps.shape == (7, 48, 48) and np.array_equal(maps.counts, means.counts)
    assert all(means.faces[k].shape == (48, 48, 1) for k in means.shown)


def test_curves_agree_with_the_metrics(classifier: Classifier, framed: Framed) -> None:
    pixels = framed.crop.pixels
    attribution = look_model.look(classifier, pixels, Question()).attribution
    quick = look_model.trust(classifier, pixels, attribution, QUICK_MAPS)
    fractions: list[float] = []
    results = trust.evidence(
        classifier, pixels, attribution, quick, baseline="mean", progress=lambda done, what: fractions.append(done)
    )
    assert fractions == sorted(fractions) and max(fractions) <= 1
    assert quick.maps == QUICK_MAPS and results.card.maps == RANDOM_MAPS
    measures = trust.card_measures(results.card.standings["mean"]) | results.measures
    batch = classifier.prepare([pixels])
    for metric in ("deletion", "insertion", "road", "sparseness"):
        options = {"baseline": "mean", "steps": 5} if metric in ("deletion", "insertion") else {}
        by_itself = float(measure(classifier, batch, attribution, metric, **options)[0])
        assert measures[metric].value == pytest.approx(by_itself, abs=2e-2 if metric == "road" else 1e-5)
    ranked = results.measures["sparseness"].rank
    assert ranked is not None and ranked.of == RANDOM_MAPS
    assert results.cascade.maps.shape[2:] == (48, 48) and results.others is not None
    rows, bold = trust_tables.rows(measures, results.others)
    assert {row[0] for row in rows} >= {"Deletion", "ROAD", "Insertion minus deletion, among maps of other faces"}
    assert all(column == 2 for _, column in bold)
    curves = {"insertion": trust.removal(results.card.standings["mean"], "insertion"), "road": results.road}
    lines = trust_tables.long_table(curves, measures, results)
    assert ("gap (value)", "maps of other faces, p", "", results.others.p) in lines


def test_changes_happen_in_the_order_of_a_camera(framed: Framed) -> None:
    image = change_model.reduced(framed.crop.large)
    assert image.shape[0] <= 192
    assert np.array_equal(change_model.changed(image, [], None), image)
    bar, turn = Change("bar", 0.2, (("down", 0.2),)), Change("rotation", 40.0)
    one_order, other_order = (
        change_model.changed(image, [bar, turn], None),
        change_model.changed(image, [turn, bar], None),
    )
    assert np.array_equal(one_order, other_order)
    by_hand = CORRUPTIONS.create("bar", down=0.2).apply(image, 0.2)
    assert np.array_equal(one_order, CORRUPTIONS.create("rotation").apply(by_hand, 40.0))
    assert {field.name for field in change_model.position_fields("bar")} == {"across", "down", "length", "angle"}
    assert change_model.position_fields("blur") == []


def test_a_sweep_meets_the_single_answers(classifier: Classifier, framed: Framed) -> None:
    image = change_model.reduced(framed.crop.large)
    strengths, predictions = change_model.sweep(
        classifier, image, (Change("grey", 1.0),), Change("blur", 3.0), FaceGeometry(), steps=4
    )
    assert strengths[0] == CORRUPTIONS["blur"].low and predictions.probabilities.shape == (4, 7)
    changes = [Change("grey", 1.0), Change("blur", float(strengths[2]))]
    face = classifier.checkpoint.preprocess.stored(change_model.changed(image, changes, FaceGeometry()))
    assert np.allclose(classifier.predict([face]).probabilities[0], predictions.probabilities[2], atol=1e-5)


def test_the_worst_patch_is_found() -> None:
    """A network that looks at one corner only loses most under a patch there."""

    class Corner:
        classes = ("lit", "dark")

        class checkpoint:  # noqa: N801
            preprocess = Preprocess(24, 1)

        def predict(self, faces: list[np.ndarray]) -> object:
            from fer_models.classifier import Prediction

            lit = np.array([np.asarray(face)[:6, :6].mean() / 255 for face in faces], np.float32)
            chances = np.stack([lit, 1 - lit], 1)
            return Prediction(self.classes, chances, chances, chances)

    white = np.full((48, 48, 3), 255, np.uint8)
    worst = change_model.patches(Corner(), white, "lit", 0.3)  # type: ignore[arg-type]
    assert worst.centre[0] < 0.35 and worst.centre[1] < 0.35
    assert worst.before == 1 and worst.after < 0.2 and worst.answer == "dark"
    assert worst.drop[:6, :6].mean() > 10 * worst.drop[12:, 12:].mean()
    masks = {"low": np.tri(24, dtype=bool), "high": ~np.tri(24, dtype=bool)}
    assert change_model.region_at(masks, (0.9, 0.1)) == "high"
