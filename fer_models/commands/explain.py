"""Show where a network looks: a heatmap over a face, or over every picture of a folder or a split."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Any

import numpy as np

from fer_models.classifier import Classifier, load_checkpoint
from fer_models.commands.output import show_progress, write_bytes
from fer_models.crop import crop_for
from fer_models.data import FaceDataset, open_dataset
from fer_models.data.readers.base import is_image
from fer_models.errors import UserError
from fer_models.explain import EXPLAINERS, explain
from fer_models.explain.overlay import overlay
from fer_models.faces.detect import detect_faces
from fer_models.faces.image import encode_png, read_image, resize
from fer_models.settings import from_text


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", help="checkpoint folder")
    parser.add_argument(
        "image", metavar="IMAGE|DATA", help="a picture, a folder of pictures, a known data set, or its folder or CSV"
    )
    parser.add_argument("--method", default="grad_cam", help="explanation method, default grad_cam")
    parser.add_argument("--target", help="class to explain; the predicted one by default, of DATA also: label")
    parser.add_argument("--layer", help="layer of a class activation map")
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", dest="options",
        help="one of the method's own options, may be repeated: --option statistic=variance, --option baseline=blurred",
    )  # fmt: skip
    parser.add_argument("--detector", default="auto", help="auto, haar, yunet, or whole for pictures cut already")
    parser.add_argument("--split", default="", help="of DATA: name of a split, or all; by default the last one")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="of DATA: the first N pictures only")
    parser.add_argument("--out", metavar="PNG", help="write the face with its heatmap, of DATA a contact sheet")
    parser.add_argument("--raw", metavar="NPY", help="write the signed array (H, W), of DATA (N, H, W), float32")
    parser.add_argument("--table", metavar="FILE", help="of DATA: write regions a picture, as .csv or .parquet")


def run(given: argparse.Namespace) -> int:
    classifier = load_checkpoint(given.checkpoint)
    if Path(given.image).is_file() and is_image(given.image):
        return _one(classifier, given)
    if given.options:
        raise UserError("--option belongs to one picture; the pictures of a data set or folder take the usual ones.")
    if given.table and not given.table.endswith((".csv", ".parquet")):
        raise UserError(f"a table is written as .csv or .parquet, not to {given.table!r}; choose such a name.")
    if given.limit < 0:
        raise UserError(f"--limit is a number of pictures, 0 for all, not {given.limit}.")
    dataset = _pictures(given, classifier)
    split = given.split or dataset.split_names[-1]
    index = np.arange(len(dataset)) if split == "all" else dataset.split_index(split)
    return _many(classifier, dataset, index[: given.limit] if given.limit else index, given)


def _one(classifier: Classifier, given: argparse.Namespace) -> int:
    for option in ("split", "limit", "table"):
        if getattr(given, option):
            raise UserError(f"--{option} belongs to a data set or a folder; {given.image} is one picture.")
    image = read_image(given.image)
    faces = detect_faces(image, given.detector)
    if not faces:
        raise UserError(
            f"no face was found in {given.image}; use --detector whole if the picture is cut to a face already."
        )
    crop = crop_for(image, faces[0], classifier.checkpoint.preprocess)
    batch = classifier.prepare([crop.pixels])
    options = _options(given)
    found = explain(classifier, batch, given.method, given.target, layer=given.layer, **options)
    target = classifier.classes[int(found.target[0])]
    name, share = classifier.predict([crop.pixels]).ranked()[0]
    cells = f" at {found.layer}, {found.layer_size[0]} x {found.layer_size[1]} cells" if found.layer_size else ""
    how = f"{found.method}{cells}, {found.of}, positive part"
    print(f"predicted {name} ({100 * share:.1f} %), explained {target}, {how}")
    if not found.has_positive[0]:
        print("No positive evidence: no pixel speaks for this class, and the map is left empty rather than stretched.")
    if given.raw:
        buffer = io.BytesIO()
        np.save(buffer, found.values[0], allow_pickle=False)
        write_bytes(buffer.getvalue(), given.raw)
    if given.out:
        side = max(classifier.checkpoint.preprocess.size, 480)
        picture = overlay(resize(crop.large, side), found.heatmap()[0])
        told = {
            "Title": f"{target}: {how}",
            "Software": f"network {classifier.checkpoint.name}, weights {classifier.checkpoint.sha256}",
            "Description": ", ".join(f"{name} {value}" for name, value in found.options.items()),
        }
        write_bytes(encode_png(picture, told), given.out)
    return 0


def _options(given: argparse.Namespace) -> dict[str, Any]:
    """The method's options, each of its own type."""
    texts = {}
    for text in given.options:
        name, equals, value = text.partition("=")
        if not equals:
            raise UserError(f"--option takes NAME=VALUE, not {text!r}.")
        texts[name] = value
    options = from_text(EXPLAINERS[given.method].option_type(), texts)
    return {name: getattr(options, name) for name in texts}


def _pictures(given: argparse.Namespace, classifier: Classifier) -> FaceDataset:
    """A data set, or the largest face of each picture that lies loose in a folder."""
    from fer_models.explain.sets.loose_images import loose_faces, loose_pictures

    loose = loose_pictures(given.image)
    if not loose:
        return open_dataset(given.image)
    return loose_faces(loose, classifier.checkpoint.preprocess, given.detector, show_progress)


def _many(classifier: Classifier, dataset: FaceDataset, index: np.ndarray, given: argparse.Namespace) -> int:
    from fer_models.explain.report.sheet import contact_sheet
    from fer_models.explain.sets import table
    from fer_models.explain.sets.batch import PREDICTED, SetSettings, explain_set

    side, kept = classifier.checkpoint.preprocess.size, None
    if given.raw:
        try:
            kept = np.lib.format.open_memmap(given.raw, "w+", np.float32, (len(index), side, side))
        except (OSError, ValueError) as error:
            raise UserError(f"{given.raw} cannot be written ({error}); choose another place.") from None

    def keep(start: int, values: np.ndarray) -> None:
        if kept is not None:
            kept[start : start + len(values)] = values

    settings = SetSettings(given.method, given.target or PREDICTED, given.layer)
    found = explain_set(classifier, dataset, index, settings, tell=show_progress, keep=keep)
    if kept is not None and found.n < len(kept):
        raise UserError("--raw and --target label do not go together where pictures have no known label.")
    for note in dataset.notes:
        print(note)
    layer = f" at {found.layer}, {found.layer_size[0]} x {found.layer_size[1]} cells" if found.layer_size else ""
    print(f"{found.n:,} pictures, {given.method}{layer}, class explained: {settings.target}, {found.seconds:.1f} s")
    print(f"without positive evidence: {found.n - int(found.positive.sum()):,}")
    print(found.where())
    for one in table.region_shares(found):
        share = one.share
        print(
            f"{one.name:<11} {100 * share.value:5.1f} % [{100 * share.low:.1f}, {100 * share.high:.1f}] of the "
            f"relevance, {100 * one.area:.1f} % of the picture"
        )
    print(table.background(found)[1])
    if agreed := table.agreement(found):
        mass, area = agreed["mass"], agreed["area"]
        print(
            f"action units hold {100 * mass.value:.1f} % [{100 * mass.low:.1f}, {100 * mass.high:.1f}] of the "
            f"relevance and cover {100 * area.value:.1f} % of the picture"
        )
    if given.table:
        make = table.csv_bytes if given.table.endswith(".csv") else table.parquet_bytes
        write_bytes(make(found, dataset.columns.get("file")), given.table)
    if given.out:
        write_bytes(encode_png(contact_sheet(found, dataset)), given.out)
    return 0
