"""Show where a network looks: a heatmap over the largest face of a picture."""

from __future__ import annotations

import argparse
import io

import numpy as np

from fer_models.checkpoint import load_checkpoint
from fer_models.commands.output import write_bytes
from fer_models.errors import UserError
from fer_models.explain import explain
from fer_models.explain.overlay import overlay
from fer_models.faces.align import crop_face
from fer_models.faces.detect import detect_faces
from fer_models.faces.image import encode_png, read_image, resize


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", help="checkpoint folder")
    parser.add_argument("image", metavar="IMAGE", help="a picture")
    parser.add_argument("--method", default="grad_cam", help="explanation method, default grad_cam")
    parser.add_argument("--target", help="class to explain; the predicted one by default")
    parser.add_argument("--layer", help="layer of a class activation map")
    parser.add_argument("--detector", default="auto", help="auto, haar, yunet, or whole for pictures cut already")
    parser.add_argument("--out", metavar="PNG", help="write the face with its heatmap")
    parser.add_argument("--raw", metavar="NPY", help="write the signed array (H, W), float32")


def run(given: argparse.Namespace) -> int:
    classifier = load_checkpoint(given.checkpoint)
    preprocess = classifier.checkpoint.preprocess
    image = read_image(given.image)
    faces = detect_faces(image, given.detector)
    if not faces:
        raise UserError(
            f"no face was found in {given.image}; use --detector whole if the picture is cut to a face already."
        )
    crop, _ = crop_face(image, faces[0], preprocess.crop_margin, preprocess.alignment)
    batch = classifier.prepare([crop])
    found = explain(classifier, batch, given.method, given.target, layer=given.layer)
    target = classifier.classes[int(found.target[0])]
    name, share = classifier.predict([crop]).ranked()[0]
    print(
        f"predicted {name} ({100 * share:.1f} %), explained {target}, {found.method}"
        + (f" at {found.layer}" if found.layer else "")
    )
    if not found.has_positive[0]:
        print("No positive evidence: no pixel speaks for this class, and the map is left empty rather than stretched.")
    if given.raw:
        buffer = io.BytesIO()
        np.save(buffer, found.values[0], allow_pickle=False)
        write_bytes(buffer.getvalue(), given.raw)
    if given.out:
        side = max(preprocess.size, 480)
        picture = overlay(resize(crop, side), found.heatmap()[0])
        write_bytes(encode_png(picture), given.out)
    return 0
