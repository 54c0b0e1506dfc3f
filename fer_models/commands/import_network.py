"""Import a network from another program: weights (.safetensors, .pt, .pt2) or ONNX become a checkpoint folder."""

from __future__ import annotations

import argparse

import numpy as np

from fer_models.architectures.builder import allow
from fer_models.checkpoint import Checkpoint
from fer_models.classifier import load_checkpoint
from fer_models.errors import UserError
from fer_models.exchange.bring import Given, import_network, said_by
from fer_models.exchange.own_folder import copy_checkpoint
from fer_models.folders import expanded
from fer_models.preprocess import Preprocess


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", help="a .safetensors, .pt, .pth, .pt2 or .onnx file, never unpickled; or a checkpoint folder"
    )
    parser.add_argument(
        "--network",
        default="",
        metavar="NAME[:option=value]",
        help="one of `fer models`, timm:NAME, torchvision:NAME, or module:function of an installed package",
    )
    parser.add_argument("--classes", default="", help="names of the outputs in their order, separated by commas")
    parser.add_argument("--size", type=int, help="side of the input in pixels")
    parser.add_argument("--channels", type=int, choices=(1, 3), help="1 for grey, 3 for RGB")
    parser.add_argument(
        "--mean", help="subtracted from pixels in [0, 1]: a number, or three separated by commas; default 0.5"
    )
    parser.add_argument("--std", help="divisor after that, likewise; default 0.5")
    parser.add_argument("--margin", type=float, default=0.0, help="part of the face square's side added around it")
    parser.add_argument("--out", metavar="FOLDER", help="checkpoint folder to write, such as networks/mine")
    parser.add_argument("--check", metavar="DATA", help="test the order of the classes on labelled faces")
    parser.add_argument("--allow", metavar="MODULE:FUNCTION", help="allow this function to build networks, and exit")


def run(args: argparse.Namespace) -> int:
    if args.allow:
        allow(args.allow)
        print(f"{args.allow} may build networks on this computer.")
        return 0
    if not args.file or not args.out:
        raise UserError("Give the file to import, and the folder to write with --out.")
    folder = expanded(args.file).is_dir()
    checkpoint = copy_checkpoint(args.file, args.out) if folder else import_network(args.file, _given(args), args.out)
    print(f"{checkpoint.path}: {len(checkpoint.classes)} classes, {', '.join(checkpoint.classes)}; not measured yet.")
    if args.check:
        print(_order(checkpoint, args.check))
    return 0


def _order(checkpoint: Checkpoint, data: str) -> str:
    """What labelled faces say of the order of the classes, in one sentence."""
    from fer_models.data import open_dataset
    from fer_models.exchange.class_order import check_order, labelled_sample

    dataset = open_dataset(data)
    positions, names = labelled_sample(dataset, checkpoint.classes)
    faces = [np.asarray(dataset.images[position]) for position in positions]
    outputs = load_checkpoint(checkpoint.path).predict(faces).top if faces else positions
    found = check_order(outputs, names, checkpoint.classes)
    share = f"{found.right} of {found.n} labelled faces are right"
    if found.other:
        order = ",".join(found.other)
        return f"The class order may be wrong: {share} as given, {found.other_right} with --classes {order}"
    if found.reads:
        return f"The class order fits: {share}, and no other order does better."
    return f"{share}, no more than chance, in any order: check network, size, scale and margin."


def _given(args: argparse.Namespace) -> Given:
    """What the arguments say; what they leave out comes from a file of ``fer export-onnx``."""
    said = said_by(args.file)
    if said is not None and not args.classes:
        return said
    if not args.classes or args.size is None or args.channels is None:
        raise UserError("The file does not describe its network; give --classes, --size and --channels.")
    preprocess = Preprocess.from_dict(
        {
            "size": args.size,
            "channels": args.channels,
            "crop_margin": args.margin,
            **{name: _numbers(text) for name in ("mean", "std") if (text := getattr(args, name)) is not None},
        }
    )
    return Given(args.network, tuple(args.classes.split(",")), preprocess)


def _numbers(text: str) -> float | tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UserError(f"Mean and std are numbers such as 0.5 or 0.485,0.456,0.406, not {text!r}.") from None
    return values[0] if len(values) == 1 else values
