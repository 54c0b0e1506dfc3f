"""Read the expressions of a video: who shows which class when."""

from __future__ import annotations

import argparse
import sys

from fer_models.classifier import load_checkpoint
from fer_models.commands.output import show_progress, write_bytes, write_json
from fer_models.video.annotate import annotate_video
from fer_models.video.opening import read_video
from fer_models.video.reading import REPAID, ReadingOptions, VideoReading, read_expressions
from fer_models.video.reading_table import reading_csv, reading_json
from fer_models.video.timeline import SMOOTHINGS


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="mp4, webm, mov, avi, mkv, ts, wmv, gif, ZIP or folder of images")
    parser.add_argument("--checkpoint", required=True, metavar="C", help="checkpoint folder")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="read every Nth frame (1)")
    parser.add_argument(
        "--detect-every", type=int, default=3, metavar="N", help="run the detector on every Nth of those (3)"
    )
    parser.add_argument("--smoothing", choices=list(SMOOTHINGS), default="window", help="smoothing over time (window)")
    parser.add_argument(
        "--width", type=float, default=0.4, metavar="S", help="width of the smoothing, in seconds (0.4)"
    )
    parser.add_argument(
        "--detector", default="auto", help="auto, haar, yunet, or whole for frames already cropped to a face"
    )
    parser.add_argument(
        "--smallest", type=float, default=0, metavar="PX", help="minimum side of a face in the video, in pixels (0)"
    )
    parser.add_argument(
        "--score", type=float, metavar="S", help="minimum detector score, 0 to 1 (the detector's default)"
    )
    parser.add_argument("--json", metavar="OUT", help="write JSON to a file, or to standard output with -")
    parser.add_argument(
        "--csv", metavar="OUT", help="write a table: a row for each face of a frame, and for each frame without one"
    )
    parser.add_argument("--annotated", metavar="OUT", help="write the video with boxes and classes, as webm")


def run(args: argparse.Namespace) -> int:
    options = ReadingOptions(
        args.every,
        args.detect_every,
        args.smoothing,
        args.width,
        args.detector,
        smallest=args.smallest,
        score=args.score,
    )
    video = read_video(args.file)
    classifier = load_checkpoint(args.checkpoint)
    if (video.info.frames or 0) / options.every > REPAID:
        classifier.optimise()
    reading = read_expressions(video, classifier, options, progress=show_progress)
    for note in reading.notes:
        print(f"fer video: {note}", file=sys.stderr)
    if args.csv:
        write_bytes(reading_csv(reading).encode(), args.csv)
    if args.annotated:
        marked = annotate_video(video, reading, show_progress)
        write_bytes(marked, args.annotated)
    if args.json:
        write_json(reading_json(reading), args.json)
    if args.json != "-":
        _print(reading)
    return 0


def _print(reading: VideoReading) -> None:
    info, count = reading.info, len(reading.persons)
    print(
        f"{info.name}: {reading.frames_read} frames read in {reading.work:.1f} s, {count} "
        f"{'person' if count == 1 else 'people'}, no face in {len(reading.empty)} frames"
    )
    for person in reading.persons:
        print(f"  person {person.number}, {person.seconds[0]:.1f} to {person.seconds[-1]:.1f} s")
        for part in person.stretches:
            peak = f"peak {100 * part.probability:.0f} % at {part.peak:.2f} s"
            print(f"    {part.start:7.2f} to {part.end:7.2f} s  {part.name:<10} {peak}")
