"""Find the faces of pictures and classify each."""

from __future__ import annotations

import argparse
import sys

from fer_models.checkpoint import load_checkpoint
from fer_models.commands.output import show_progress, write_json
from fer_models.errors import UserError
from fer_models.faces.align import crop_face
from fer_models.faces.detect import detect_faces
from fer_models.faces.image import read_image


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", help="checkpoint folder")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="pictures")
    parser.add_argument("--detector", default="auto", help="auto, haar, yunet, or whole for pictures cut already")
    parser.add_argument("--json", metavar="FILE", help="write JSON to a file, or to standard output with -")


def run(given: argparse.Namespace) -> int:
    classifier = load_checkpoint(given.checkpoint)
    preprocess = classifier.checkpoint.preprocess
    results = []
    broken = 0
    for number, path in enumerate(given.images, 1):
        try:
            image = read_image(path)
        except UserError as error:  # one broken picture does not cost the others
            print(f"fer predict: {error}", file=sys.stderr)
            broken += 1
            continue
        faces = detect_faces(image, given.detector)
        crops = [crop_face(image, face, preprocess.crop_margin, preprocess.alignment)[0] for face in faces]
        prediction = classifier.predict(crops)
        found = []
        for i, face in enumerate(faces):
            ranked = prediction.ranked(i)
            found.append(
                {
                    "box": [round(float(v), 1) for v in face.box],
                    "score": round(float(face.score), 4),
                    "class": ranked[0][0],
                    "probabilities": {name: round(p, 6) for name, p in ranked},
                }
            )
        results.append({"image": path, "width": image.shape[1], "height": image.shape[0], "faces": found})
        show_progress(number / len(given.images), "pictures")
    if given.json:
        write_json(results, given.json)
    if given.json != "-":
        for result in results:
            print(f"{result['image']}: {len(result['faces'])} face{'s' if len(result['faces']) != 1 else ''} found")
            for face in result["faces"]:
                name, share = face["class"], face["probabilities"][face["class"]]
                print(f"  {name:<10} {100 * share:5.1f} %  at {face['box']}")
        if results and not any(result["faces"] for result in results):
            print("For pictures that are cut to a face already, use --detector whole.")
    return 2 if broken else 0
