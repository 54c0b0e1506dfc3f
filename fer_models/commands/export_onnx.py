"""Write a trained network as an ONNX file with its classes, preprocessing and licence, checked against torch."""

from __future__ import annotations

import argparse

from fer_models.checkpoint import read_checkpoint
from fer_models.exchange.onnx_export import export_onnx


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", help="checkpoint folder")
    parser.add_argument("file", help="file to write, such as network.onnx")
    parser.add_argument("--licence", default="", help="said in the file; by default the terms of the training data")


def run(args: argparse.Namespace) -> int:
    difference = export_onnx(read_checkpoint(args.checkpoint), args.file, licence=args.licence)
    print(f"{args.file}: on ten drawn faces onnxruntime and torch differ by at most {difference:.1g}")
    return 0
