"""Draw a face from action units; print what networks say of it and whether they look where it moved."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from typing import Any

from fer_models.classifier import Classifier, load_checkpoint
from fer_models.commands.output import write_bytes, write_json
from fer_models.errors import UserError
from fer_models.explain import USUAL_METHOD, explain
from fer_models.faces.image import encode_png
from fer_models.files import read_regular
from fer_models.lab.drawing import draw, face_image
from fer_models.lab.parameters import FaceParameters, from_json, from_words, to_json, to_words
from fer_models.lab.responses import Curve, response_curves
from fer_models.lab.scoring import MOST_NETWORKS
from fer_models.lab.truth import moved_masks, unit_shares
from fer_models.settings import from_text, setting_fields

_LARGEST_FILE = 100_000


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "checkpoints", nargs="+", metavar="CHECKPOINT", help=f"checkpoint folders, up to {MOST_NETWORKS}"
    )
    parser.add_argument("--units", default="", metavar="6=0.9,12=0.9", help="action units and their intensity, 0 to 1")
    parser.add_argument("--face", metavar="JSON", help="start from a face that the lab saved")
    for field in _fields().values():
        limits = "" if field.low is None else f" {field.low:g} to {field.high:g}"
        parser.add_argument(
            f"--{field.name.replace('_', '-')}", metavar="VALUE", help=f"{field.help.replace('``', '')}{limits}"
        )
    parser.add_argument("--method", default=USUAL_METHOD, help=f"explanation method, default {USUAL_METHOD}")
    parser.add_argument("--curve", metavar="UNIT", help="also every class's probability over one unit's range")
    parser.add_argument("--out", metavar="PNG", help="write the face, 224 x 224 pixels")
    parser.add_argument("--json", metavar="FILE", help="write everything as JSON; - for standard output")


def run(args: argparse.Namespace) -> int:
    if len(args.checkpoints) > MOST_NETWORKS:
        raise UserError(f"the lab compares up to {MOST_NETWORKS} networks, not {len(args.checkpoints)}.")
    face = _face(args)
    classifiers = [load_checkpoint(path) for path in args.checkpoints]
    result: dict[str, Any] = {
        "parameters": to_json(face),
        "method": args.method,
        "networks": [_network(classifier, face, args.method) for classifier in classifiers],
    }
    curves = response_curves(classifiers, face, args.curve) if args.curve else []
    if curves:
        result["curve"] = _curve(classifiers, curves)
    if args.out:
        metadata = {"Title": to_words(face) or "usual face", "Software": "FER Workbench"}
        write_bytes(encode_png(draw(face).image, metadata), args.out)
    if args.json:
        write_json(result, args.json)
    if args.json != "-":
        _print(result, face, curves)
    return 0


def _fields() -> dict[str, Any]:
    return {name: field for name, field in setting_fields(FaceParameters).items() if name != "units"}


def _face(args: argparse.Namespace) -> FaceParameters:
    """The saved face, or the usual one, with what the options say."""
    start = FaceParameters()
    if args.face:
        try:
            text = read_regular(args.face, _LARGEST_FILE)
        except OSError as error:
            raise UserError(
                f"{args.face} cannot be read ({error.strerror}); choose a file that the lab saved."
            ) from None
        start = from_json(text)
    texts = {name: getattr(args, name) for name in _fields() if getattr(args, name) is not None}
    chosen = from_text(FaceParameters, texts)
    face = dataclasses.replace(start, **{name: getattr(chosen, name) for name in texts})
    units = from_words(args.units)
    if dataclasses.replace(units, units={}) != FaceParameters():
        raise UserError("--units takes action units only; other parameters have their own options.")
    return face.with_units(**units.units)


def _network(classifier: Classifier, face: FaceParameters, method: str) -> dict[str, Any]:
    checkpoint = classifier.checkpoint
    pixels = face_image(face, checkpoint.preprocess)
    ranked = classifier.predict([pixels]).ranked()
    explanation = explain(classifier, classifier.prepare([pixels]), method, ranked[0][0])
    shares = unit_shares(explanation, moved_masks(face, checkpoint.preprocess.size))
    return {
        "name": checkpoint.name,
        "weights_sha256": checkpoint.sha256,
        "class": ranked[0][0],
        "scores": dict(ranked),
        "layer": explanation.layer,
        "units": {
            unit: {"mass": share.mass, "area": share.area, "times_even": share.ratio} for unit, share in shares.items()
        },
    }


def _curve(classifiers: Sequence[Classifier], curves: Sequence[Curve]) -> dict[str, Any]:
    return {
        "unit": curves[0].unit,
        "levels": curves[0].levels.tolist(),
        "networks": [
            {
                "name": classifier.checkpoint.name,
                "scores": dict(zip(curve.classes, curve.probabilities.T.tolist(), strict=True)),
                "decisions": [dataclasses.asdict(decision) for decision in curve.decisions],
            }
            for classifier, curve in zip(classifiers, curves, strict=True)
        ],
    }


def _print(result: dict[str, Any], face: FaceParameters, curves: Sequence[Curve]) -> None:
    print(f"face: {to_words(face) or 'no unit moved'}")
    for number, network in enumerate(result["networks"]):
        scores_text = ", ".join(f"{name} {100 * score:.1f} %" for name, score in network["scores"].items())
        print(f"{network['name']}: {scores_text}")
        for unit, share in network["units"].items():
            mass, area = 100 * share["mass"], 100 * share["area"]
            print(f"  {unit}: {mass:.1f} % of the heatmap of {network['class']} on {area:.1f} % of the image")
        if curves:
            turns = [f"{d.level:.2f} {d.before} to {d.after}" for d in curves[number].decisions]
            print(f"  {curves[number].unit} from 0 to 1 turns the answer at: {', '.join(turns) or 'no level'}")
