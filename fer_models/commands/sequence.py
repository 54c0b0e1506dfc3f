"""Train a sequence network on a trained network's features, from videos of built-in faces or CK+ recordings."""

from __future__ import annotations

import argparse
from pathlib import Path

from fer_models.classifier import load_checkpoint
from fer_models.commands.output import show_progress, write_json
from fer_models.errors import UserError
from fer_models.video.sequence_bilstm import SequenceBiLSTMOptions


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", help="checkpoint folder; its weights stay as they are")
    parser.add_argument("--out", metavar="FOLDER", help="output folder (sequence/ in the checkpoint's folder)")
    parser.add_argument("--data", metavar="FOLDER", help="recordings in CK+'s layout (else built-in people are drawn)")
    parser.add_argument("--count", type=int, default=160, help="sequences to generate (160)")
    parser.add_argument("--epochs", type=int, default=25, help="epochs of training (25)")
    parser.add_argument("--hidden", type=int, default=32, help="units of each direction (32)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the drawing and the training (0)")
    parser.add_argument("--json", metavar="OUT", help="write JSON to a file, or to standard output with -")


def run(args: argparse.Namespace) -> int:
    from fer_models.video.sequence import FOLDER, save_sequence_network, train_sequences
    from fer_models.video.sequence_data import BUILT_IN, drawn_sequences, recorded_sequences

    if args.count < 1 or args.epochs < 1:
        raise UserError("The numbers of sequences and of epochs must be 1 or more.")
    classifier = load_checkpoint(args.checkpoint)
    options = SequenceBiLSTMOptions(hidden=args.hidden)
    notes: list[str] = []
    if args.data:
        sequences, notes = recorded_sequences(classifier, args.data, show_progress)
        data = f"recordings of {Path(args.data).resolve().name}"
    else:
        sequences, data = drawn_sequences(classifier, args.count, args.seed, show_progress), BUILT_IN
    network = train_sequences(
        classifier, sequences, options, epochs=args.epochs, seed=args.seed, data=data, progress=show_progress
    )
    folder = save_sequence_network(network, args.out or Path(args.checkpoint) / FOLDER)
    if args.json:
        write_json({"folder": str(folder), "data": data, "notes": notes, **network.figures}, args.json)
    if args.json != "-":
        for note in notes:
            print(note)
        print(
            f"{folder}: {100 * network.figures['sequence']:.1f} % of {network.figures['n']:.0f} frames of other people "
            f"in sequences, {100 * network.figures['framewise']:.1f} % frame by frame"
        )
    return 0
