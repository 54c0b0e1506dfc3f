"""Map what a network finds alike: coordinates as Parquet, a PNG, figures, and files for TensorBoard's projector."""

from __future__ import annotations

import argparse

import numpy as np

from fer_models.checkpoint import read_checkpoint
from fer_models.commands.output import show_progress
from fer_models.commands.source import source_arguments, source_of
from fer_models.data import open_dataset
from fer_models.embedding.extract import features_of, sample
from fer_models.embedding.maps import make_map
from fer_models.embedding.settings import METHODS, MapSettings
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import predictions_for
from fer_models.evaluation.protocol import Protocol


def arguments(parser: argparse.ArgumentParser) -> None:
    defaults = MapSettings()
    parser.add_argument("checkpoint", help="checkpoint folder")
    source_arguments(parser, required=True)
    parser.add_argument("--split", default="", help="name of a split of the data set, or all")
    parser.add_argument("--out", required=True, metavar="DIR", help="output folder")
    parser.add_argument("--method", default=defaults.method, choices=list(METHODS), help="projection")
    parser.add_argument("--features", default=defaults.features, help="embedding, pixels, hog, or layer:NAME")
    parser.add_argument("--points", type=int, default=0, help="maximum number of faces, sampled with --seed; 0 for all")
    parser.add_argument(
        "--dimensions", type=int, default=defaults.dimensions, choices=(2, 3), help="dimensions of the map"
    )
    parser.add_argument("--perplexity", type=float, default=defaults.perplexity, help="perplexity of t-SNE")
    parser.add_argument("--neighbours", type=int, default=defaults.neighbours, help="neighbours of UMAP")
    parser.add_argument(
        "--minimum-distance", type=float, default=defaults.minimum_distance, help="least distance in UMAP"
    )
    parser.add_argument(
        "--metric", default=defaults.metric, choices=("cosine", "euclidean"), help="distance between features"
    )
    parser.add_argument(
        "--components",
        type=int,
        default=defaults.components,
        help="principal components kept before; 0 for all features",
    )
    parser.add_argument("--seed", type=int, default=defaults.seed, help="the same seed gives the same map")


def run(args: argparse.Namespace) -> int:
    from fer_models.embedding.export import write_map

    settings = MapSettings(
        features=args.features,
        method=args.method,
        dimensions=args.dimensions,
        perplexity=args.perplexity,
        neighbours=args.neighbours,
        minimum_distance=args.minimum_distance,
        metric=args.metric,
        components=args.components,
        seed=args.seed,
    )
    checkpoint = read_checkpoint(args.checkpoint)
    dataset = open_dataset(source_of(args.data, args.reader))
    part = Part.of_split(dataset, args.split or dataset.split_names[-1])
    protocol = Protocol(part, checkpoint.selection)
    predictions = predictions_for(checkpoint, dataset, protocol, progress=show_progress)
    faces = predictions.take(sample(predictions.n, args.points or predictions.n, args.seed))
    face_map = make_map(checkpoint, dataset, faces, settings, show_progress)
    show_progress(1.0, "writing")
    for note in predictions.notes:
        print(note)
    features = np.asarray(features_of(settings.features, checkpoint, dataset, faces))
    for file in write_map(face_map, faces, dataset, features, args.out):
        print(file)
    of_all = "" if faces.n == predictions.n else f" of {predictions.n:,}, drawn at random"
    quality = face_map.faithfulness
    print(f"{METHODS[settings.method]} of {faces.n:,} faces{of_all} in {face_map.seconds:.1f} s")
    measures = {name: getattr(quality, name) for name in ("trustworthiness", "continuity", "overlap")}
    print(", ".join(f"{name} {value:.3f}" for name, value in measures.items()))
    print(quality.sentence())
    print(f"kNN accuracy in the original features {100 * face_map.separation.knn_accuracy:.1f} %")
    return 0
