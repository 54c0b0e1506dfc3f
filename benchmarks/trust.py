"""Trust cards of many faces: do verdict and table ever disagree, how often do maps pass, and how stable is it?

    FER_DATA=... python benchmarks/trust.py [--faces 60] [--processes 2] [--out cards.json]

Half of the faces are drawn, half are of FER2013's PublicTest where it is known; ``--crops FILE.npy`` takes uint8
(N, 48, 48) instead. For every network, method and face: the card, its contradictions with the table of the Trust tab,
the card for a second set of random maps (is the verdict against random maps the same?), and three maps in the method's
place that know nothing of the network: a random map, a blob in the middle, and the same method's maps of other faces.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import numpy as np
import torch

from fer_models import load_checkpoint
from fer_models.data import known_datasets, open_dataset
from fer_models.data.synthetic import SyntheticOptions, generate_face
from fer_models.explain import explain
from fer_models.explain.faithfulness import Trial
from fer_models.explain.faithfulness.references import random_maps
from fer_models.explain.trust.card import BASELINES, trust_card
from fer_models.explain.trust.other_faces import gaps_of_other_faces
from fer_models.explain.trust.standing import FIXED, rank, standing

ROOT = Path(__file__).parents[1]
NETWORKS = (
    "fcsdnet-ferplus",
    "fcsdnet-fer2013",
    "mini-xception-fer2013",
    "vgg-fer2013",
    "sldcnn-fer2013",
    "separable-attention-fer2013",
)
PART = 15
METHODS = ("grad_cam", "layer_cam", "integrated_gradients")


def faces_of(count: int, size: int, crops: str | None) -> list[np.ndarray]:
    """Half drawn, half of PublicTest; all drawn where there is none."""
    public: list[np.ndarray] = []
    if crops:
        public = list(np.load(crops)[: count // 2])
    elif any(entry.name == "fer2013" for entry in known_datasets()):
        data = open_dataset("fer2013")
        rows = data.split_index("PublicTest")
        chosen = np.random.default_rng(0).choice(rows, count // 2, replace=False)
        public = [data.images[int(row)] for row in chosen]
    options = SyntheticOptions(count=400, size=max(48, size), seed=77)
    return [generate_face(options, i).image for i in range(count - len(public))] + public


def cards_of(task: tuple[str, str, argparse.Namespace, int]) -> list[dict[str, Any]]:
    """A line for each of the faces of one part."""
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    from trust_contradictions import contradictions

    network, method, arguments, part = task
    torch.set_num_threads(1)
    classifier = load_checkpoint(ROOT / "checkpoints" / network)
    every = faces_of(arguments.faces, classifier.checkpoint.preprocess.size, arguments.crops)
    faces = every[part : part + PART]
    batch = classifier.prepare(faces)
    result, lines = explain(classifier, batch, method), []
    for position in range(len(faces)):
        start = time.process_time()
        card = trust_card(classifier, batch, result, position)
        seconds = time.process_time() - start
        line: dict[str, Any] = {"network": network, "method": method, "face": part + position, "level": card.level}
        line |= {"seconds": seconds, "contradictions": list(contradictions(card)), "sentence": card.sentence}
        for baseline in BASELINES:
            found = card.standings[baseline].rank
            line[baseline] = {"p": found.p, "verdict": found.verdict}
        lines.append(line)
        if arguments.cards_only:
            continue
        trial = Trial(classifier, batch[position : position + 1], result.one(position))
        drawn = random_maps(trial, 1, seed=999)
        others = gaps_of_other_faces(trial, "blurred")
        line["among other faces"] = rank(card.standings["blurred"].gap, others).p
        second = standing(trial, "blurred", seed=1)
        gaps = second.gaps[1 + len(FIXED) :]
        both = np.concatenate([gaps, -gaps])
        line["again"] = second.rank.verdict
        line["blob"] = rank(second.references["centred Gaussian"], both).verdict
        line["random"] = standing(trial.with_values(drawn, method), "blurred").rank.verdict
    return lines


def report(lines: list[dict[str, Any]]) -> None:
    """Print a table by network and method, and the contradictions."""
    print(
        "| network, method | faces | green / amber / red | more than random, blurred / mean / both | "
        "other verdict with other random maps | blob passes | random map passes | beats other faces' | CPU s |"
    )
    for network in dict.fromkeys(line["network"] for line in lines):
        for method in dict.fromkeys(line["method"] for line in lines):
            rows = [line for line in lines if (line["network"], line["method"]) == (network, method)]
            levels = Counter(line["level"] for line in rows)
            more = [sum(row[name]["verdict"] == "more" for row in rows) for name in BASELINES]
            both = sum(all(row[name]["verdict"] == "more" for name in BASELINES) for row in rows)
            again = sum(row["blurred"]["verdict"] != row.get("again", row["blurred"]["verdict"]) for row in rows)
            blob = sum(row.get("blob") == "more" for row in rows)
            fake = sum(row.get("random") == "more" for row in rows)
            others = sum(row.get("among other faces", 1) <= 0.05 for row in rows)
            cost = np.median([row["seconds"] for row in rows])
            print(
                f"| {network}, {method} | {len(rows)} | {levels['good']} / {levels['doubtful']} / {levels['bad']} | "
                f"{more[0]} / {more[1]} / {both} | {again} | {blob} | {fake} | {others} | {cost:.2f} |"
            )
    wrong = [text for line in lines for text in line["contradictions"]]
    print(f"{len(lines)} cards, {len(wrong)} contradictions between verdict and table")
    print("\n".join(wrong[:20]))


def main() -> None:
    """Draw up all cards and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=60)
    parser.add_argument("--first", type=int, default=0, help="leave out the faces before this one")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--crops", help="uint8 (N, 48, 48) in a .npy file, in place of PublicTest")
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--cards-only", action="store_true", help="leave out what knows nothing of the network")
    parser.add_argument("--out", help="JSON file for a line a card")
    arguments = parser.parse_args()
    parts = range(arguments.first, arguments.faces, PART)
    chosen = [(network, method) for network in arguments.networks for method in arguments.methods]
    tasks = [(network, method, arguments, part) for network, method in chosen for part in parts]
    lines: list[dict[str, Any]] = []
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        for part_lines in pool.imap(cards_of, tasks):
            lines += part_lines
            if arguments.out:
                Path(arguments.out).write_text(json.dumps(lines))
    report(lines)


if __name__ == "__main__":
    main()
