"""Find the faces in images and classify each."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fer_models.classifier import Classifier, load_checkpoint
from fer_models.commands.output import show_progress, write_bytes, write_json
from fer_models.crop import crop_for
from fer_models.data.readers.base import is_image
from fer_models.errors import UserError
from fer_models.faces.detect import DETECTORS, detector_for
from fer_models.faces.image import FORMATS_SENTENCE, read_image
from fer_models.faces.turn import find_faces
from fer_models.image_quality import quality_of
from fer_models.tables import csv_text


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", help="checkpoint folder")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="images, or folders of images")
    parser.add_argument(
        "--detector", default="auto", help="auto, haar, yunet, or whole for images already cropped to a face"
    )
    parser.add_argument("--json", metavar="FILE", help="write JSON to a file, or to standard output with -")
    parser.add_argument(
        "--csv",
        metavar="FILE",
        help="write a row for each face, and for each image without one, to a file, or to standard output with -",
    )


def run(args: argparse.Namespace) -> int:
    if args.json == "-" and args.csv == "-":
        raise UserError("Only one of --json and --csv can go to standard output; give the other one a file.")
    classifier = load_checkpoint(args.checkpoint)
    paths = list(_files(args.images))
    results = []
    broken = 0
    for number, path in enumerate(paths, 1):
        try:
            results.append(_read(path, classifier, args.detector))
        except UserError as error:  # one broken picture must not stop the others
            print(f"fer predict: {error}", file=sys.stderr)
            results.append({"image": path, "faces": [], "people": {}, "problem": str(error)})
            broken += 1
        show_progress(number / len(paths), "images")
    if args.json:
        write_json(results, args.json)
    if args.csv:
        _write_csv(results, classifier.classes, args.csv)
    if "-" not in (args.json, args.csv):
        _print(result for result in results if "width" in result)
        if broken < len(results) and not any(result["faces"] for result in results):
            print("For images that are cut to a face already, use --detector whole.")
    return 2 if broken else 0


def _files(names: list[str]) -> Iterator[str]:
    """The pictures, those of a folder in the order of their names."""
    for name in names:
        path = Path(name)
        if not path.is_dir():
            yield name
            continue
        pictures = sorted(str(p) for p in path.iterdir() if is_image(p.name))
        if not pictures:
            raise UserError(f"The folder {name} holds no {FORMATS_SENTENCE} file; give the images or another folder.")
        yield from pictures


def _read(path: str, classifier: Classifier, detector: str) -> dict[str, Any]:
    """The faces of one picture, all classified in one batch."""
    image = read_image(path)
    faces = find_faces(image, detector)
    crops = [crop_for(image, face, classifier.checkpoint.preprocess) for face in faces]
    prediction = classifier.predict([crop.pixels for crop in crops])
    records = []
    for i, face in enumerate(faces):
        ranked = prediction.ranked(i)
        records.append(
            {
                "box": [round(float(v), 1) for v in face.box],
                "score": round(float(face.score), 4),
                "detector": face.detector,
                "alignment": crops[i].alignment,
                "class": ranked[0][0],
                "probabilities": {name: round(p, 6) for name, p in ranked},
                "quality": quality_of(image, faces[i], crops[i]).record(),
            }
        )
    counts = {name: sum(face["class"] == name for face in records) for name in classifier.classes}
    return {
        "image": path,
        "width": image.shape[1],
        "height": image.shape[0],
        "faces": records,
        "people": {name: count for name, count in counts.items() if count},
        "problem": None if faces else _no_face(detector),
    }


def _no_face(detector: str) -> str:
    used = detector_for(detector)
    better = "; fer detectors get yunet fetches a better one" if used == "haar" else ""
    return f"No face was found by {DETECTORS[used].title}, also with the image turned{better}."


def _write_csv(results: list[dict[str, Any]], classes: tuple[str, ...], target: str) -> None:
    box = ["left", "top", "right", "bottom"]
    columns = ["image", "face", *box, "score", "detector", "turned", "class", *classes, "quality", "problem"]
    rows: list[list[object]] = []
    for result in results:
        for number, face in enumerate(result["faces"], 1):
            seen = [face["score"], face["detector"], face["quality"]["turned"], face["class"]]
            shares = [face["probabilities"][name] for name in classes]
            doubts = "; ".join(face["quality"]["doubts"])
            rows.append([result["image"], number, *face["box"], *seen, *shares, doubts, None])
        if not result["faces"]:
            rows.append([result["image"], *[None] * (len(columns) - 2), result["problem"]])
    text = csv_text(columns, rows)
    if target == "-":
        print(text, end="")
    else:
        write_bytes(text.encode(), target)


def _print(results: Iterable[dict[str, Any]]) -> None:
    for result in results:
        count = len(result["faces"])
        found = result["problem"] or f"{count} face{'s' if count != 1 else ''} found"
        print(f"{result['image']}: {found}")
        for face in result["faces"]:
            name, share = face["class"], face["probabilities"][face["class"]]
            doubts = face["quality"]["doubts"]
            doubtful = f"  hard to read: {', '.join(doubts)}" if doubts else ""
            print(f"  {name:<10} {100 * share:5.1f} %  at {face['box']}{doubtful}")
        if count > 1:
            shares = ", ".join(f"{name} {100 * n / count:.1f} %" for name, n in result["people"].items())
            print(f"  of {count} people: {shares}")
