"""Map what a network finds alike: coordinates as Parquet, a PNG, figures, and files for TensorBoard's projector."""

from __future__ import annotations

import argparse

import numpy as np

from fer_models.checkpoint import read_checkpoint
from fer_models.commands.output import show_progress
from fer_models.data import open_dataset
from fer_models.embedding.extract import features_of, sample
from fer_models.embedding.maps import make_map
from fer_models.embedding.settings import METHODS, MapSettings
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import predictions_for


def arguments(parser: argparse.ArgumentParser) -> None:
    usual = MapSettings()
    parser.add_argument("checkpoint", help="checkpoint folder")
    parser.add_argument("--data", required=True, help="a known data set, or the path of a folder or CSV file")
    parser.add_argument("--split", default="", help="name of a split of the data set, or all")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder that the files are written to")
    parser.add_argument("--method", default=usual.method, choices=list(METHODS), help="projection")
    parser.add_argument("--features", default=usual.features, help="embedding, pixels, hog, or layer:NAME")
    parser.add_argument("--points", type=int, default=0, help="at most so many faces, drawn by the seed; 0 is all")
    parser.add_argument("--dimensions", type=int, default=usual.dimensions, choices=(2, 3), help="of the map")
    parser.add_argument("--perplexity", type=float, default=usual.perplexity, help="of t-SNE")
    parser.add_argument("--neighbours", type=int, default=usual.neighbours, help="of UMAP")
    parser.add_argument("--minimum-distance", type=float, default=usual.minimum_distance, help="of UMAP")
    parser.add_argument("--metric", default=usual.metric, choices=("cosine", "euclidean"), help="between features")
    parser.add_argument("--components", type=int, default=usual.components, help="PCA first; 0 leaves it out")
    parser.add_argument("--seed", type=int, default=usual.seed, help="the same seed gives the same map")


def run(given: argparse.Namespace) -> int:
    from fer_models.embedding.export import write_map

    settings = MapSettings(
        features=given.features,
        method=given.method,
        dimensions=given.dimensions,
        perplexity=given.perplexity,
        neighbours=given.neighbours,
        minimum_distance=given.minimum_distance,
        metric=given.metric,
        components=given.components,
        seed=given.seed,
    )
    checkpoint = read_checkpoint(given.checkpoint)
    dataset = open_dataset(given.data)
    part = Part.of_split(dataset, given.split or dataset.split_names[-1])
    found = predictions_for(
        checkpoint,
        dataset,
        part.index,
        split_name=part.name,
        selection=checkpoint.selection,
        progress=show_progress,
    )
    faces = found.take(sample(found.n, given.points or found.n, given.seed))
    made = make_map(checkpoint, dataset, faces, settings, show_progress)
    show_progress(1.0, "writing")
    features = np.asarray(features_of(settings.features, checkpoint, dataset, faces))
    for file in write_map(made, faces, dataset, features, given.out):
        print(file)
    of_all = "" if faces.n == found.n else f" of {found.n:,}, drawn at random"
    told = made.faithfulness
    print(f"{METHODS[settings.method]} of {faces.n:,} faces{of_all} in {made.seconds:.1f} s")
    print(f"trustworthiness {told.trustworthiness:.3f}, continuity {told.continuity:.3f}, overlap {told.overlap:.3f}")
    print(told.sentence())
    print(f"kNN accuracy in the original features {100 * made.separation.knn_accuracy:.1f} %")
    return 0
