"""Show where a network looks: a heatmap over a face, or over every image of a folder or a split."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Any

import numpy as np

from fer_models.classifier import Classifier, load_checkpoint
from fer_models.commands.output import show_progress, write_bytes
from fer_models.commands.source import reader_argument, source_of
from fer_models.crop import crop_for
from fer_models.data import FaceDataset, open_dataset
from fer_models.data.readers.base import is_image
from fer_models.errors import UserError
from fer_models.evaluation.sentence import interval_text
from fer_models.explain import EXPLAINERS, USUAL_METHOD, explain, usual_method
from fer_models.explain.overlay import overlay
from fer_models.faces.image import encode_png, read_image, resize
from fer_models.faces.turn import find_faces
from fer_models.settings import from_text


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", help="checkpoint folder")
    parser.add_argument(
        "image", metavar="IMAGE|DATA", help="an image, a folder of images, a known data set, or its folder or CSV"
    )
    parser.add_argument("--method", help=f"explanation method, default {USUAL_METHOD}; occlusion for an ONNX file")
    parser.add_argument("--target", help="class to explain; the predicted one by default, for DATA also: label")
    parser.add_argument("--layer", help="layer of a class activation map")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="options",
        help="one of the method's own options, may be repeated: --option statistic=variance, --option baseline=blurred",
    )
    parser.add_argument(
        "--detector", default="auto", help="auto, haar, yunet, or whole for images already cropped to a face"
    )
    reader_argument(parser)
    parser.add_argument("--split", default="", help="for DATA: name of a split, or all; by default the last one")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="for DATA: the first N images only")
    parser.add_argument("--out", metavar="PNG", help="write the face with its heatmap, for DATA a contact sheet")
    parser.add_argument("--raw", metavar="NPY", help="write the signed array (H, W), for DATA (N, H, W), float32")
    parser.add_argument("--table", metavar="FILE", help="for DATA: write regions per image, as .csv or .parquet")


def run(args: argparse.Namespace) -> int:
    classifier = load_checkpoint(args.checkpoint)
    args.method = args.method or usual_method(classifier)
    if Path(args.image).is_file() and is_image(args.image):
        return _explain_image(classifier, args)
    if args.options:
        raise UserError(
            "--option applies to a single image; the images of a data set or folder are explained with the defaults."
        )
    if args.table and not args.table.endswith((".csv", ".parquet")):
        raise UserError(f"--table takes a name that ends in .csv or .parquet, not {args.table!r}.")
    if args.limit < 0:
        raise UserError(f"--limit is a number of images, 0 for all, not {args.limit}.")
    dataset = _open_faces(args, classifier)
    split = args.split or dataset.split_names[-1]
    index = np.arange(len(dataset)) if split == "all" else dataset.split_index(split)
    return _explain_dataset(classifier, dataset, index[: args.limit] if args.limit else index, args)


def _explain_image(classifier: Classifier, args: argparse.Namespace) -> int:
    for option in ("split", "limit", "table"):
        if getattr(args, option):
            raise UserError(f"--{option} applies to a data set or a folder; {args.image} is a single image.")
    image = read_image(args.image)
    faces = find_faces(image, args.detector)
    if not faces:
        raise UserError(
            f"no face was found in {args.image}; use --detector whole if the image is cut to a face already."
        )
    crop = crop_for(image, faces[0], classifier.checkpoint.preprocess)
    batch = classifier.prepare([crop.pixels])
    options = _options(args)
    explanation = explain(classifier, batch, args.method, args.target, layer=args.layer, **options)
    target = classifier.classes[int(explanation.target[0])]
    name, share = classifier.predict([crop.pixels]).ranked()[0]
    cells = (
        f" at {explanation.layer}, {explanation.layer_size[0]} x {explanation.layer_size[1]} cells"
        if explanation.layer_size
        else ""
    )
    how = f"{explanation.method}{cells}, {explanation.of}, positive part"
    print(f"predicted {name} ({100 * share:.1f} %), explained {target}, {how}")
    if not explanation.has_positive[0]:
        print("No positive evidence: no pixel speaks for this class, and the map is left empty rather than stretched.")
    if args.raw:
        buffer = io.BytesIO()
        np.save(buffer, explanation.values[0], allow_pickle=False)
        write_bytes(buffer.getvalue(), args.raw)
    if args.out:
        side = max(classifier.checkpoint.preprocess.size, 480)
        picture = overlay(resize(crop.large, side), explanation.heatmap()[0])
        metadata = {
            "Title": f"{target}: {how}",
            "Software": f"network {classifier.checkpoint.name}, weights {classifier.checkpoint.sha256}",
            "Description": ", ".join(f"{name} {value}" for name, value in explanation.options.items()),
        }
        write_bytes(encode_png(picture, metadata), args.out)
    return 0


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """The method's options, each of its own type."""
    texts = {}
    for text in args.options:
        name, equals, value = text.partition("=")
        if not equals:
            raise UserError(f"--option takes NAME=VALUE, not {text!r}.")
        texts[name] = value
    options = from_text(EXPLAINERS[args.method].option_type(), texts)
    return {name: getattr(options, name) for name in texts}


def _open_faces(args: argparse.Namespace, classifier: Classifier) -> FaceDataset:
    """A data set, or the largest face of each loose picture of a folder."""
    from fer_models.explain.sets.loose_images import loose_faces, loose_pictures

    loose = [] if args.reader else loose_pictures(args.image)
    if not loose:
        return open_dataset(source_of(args.image, args.reader))
    return loose_faces(loose, classifier.checkpoint.preprocess, args.detector, show_progress)


def _explain_dataset(classifier: Classifier, dataset: FaceDataset, index: np.ndarray, args: argparse.Namespace) -> int:
    from fer_models.explain.report.sheet import contact_sheet
    from fer_models.explain.sets import table
    from fer_models.explain.sets.batch import PREDICTED, SetSettings, explain_set

    side, raw = classifier.checkpoint.preprocess.size, None
    if args.raw:
        try:
            raw = np.lib.format.open_memmap(args.raw, "w+", np.float32, (len(index), side, side))
        except (OSError, ValueError) as error:
            raise UserError(f"{args.raw} cannot be written ({error}); choose another place.") from None

    def keep(start: int, values: np.ndarray) -> None:
        if raw is not None:
            raw[start : start + len(values)] = values

    settings = SetSettings(args.method, args.target or PREDICTED, args.layer)
    result = explain_set(classifier, dataset, index, settings, progress=show_progress, keep=keep)
    if raw is not None and result.n < len(raw):
        raise UserError("--raw and --target label do not go together where images have no known label.")
    for note in dataset.notes:
        print(note)
    layer = f" at {result.layer}, {result.layer_size[0]} x {result.layer_size[1]} cells" if result.layer_size else ""
    print(f"{result.n:,} images, {args.method}{layer}, class explained: {settings.target}, {result.seconds:.1f} s")
    print(f"without positive evidence: {result.n - int(result.positive.sum()):,}")
    print(result.where())
    for region in table.region_shares(result):
        share = region.share
        print(f"{region.name:<11} {interval_text(*share)} of the relevance, {100 * region.area:.1f} % of the image")
    print(table.background(result)[1])
    if agreement := table.agreement(result):
        mass, area = agreement["mass"], agreement["area"]
        print(
            f"action units hold {interval_text(*mass)} of the relevance and cover {100 * area.value:.1f} % of the image"
        )
    if args.table:
        make = table.csv_bytes if args.table.endswith(".csv") else table.parquet_bytes
        write_bytes(make(result, dataset.columns.get("file")), args.table)
    if args.out:
        write_bytes(encode_png(contact_sheet(result, dataset)), args.out)
    return 0
