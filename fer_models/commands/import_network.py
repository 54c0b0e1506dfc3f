"""Bring a network of another program: weights (.safetensors, .pt) or ONNX become a checkpoint folder."""

from __future__ import annotations

import argparse

from fer_models.architectures.builder import allow
from fer_models.errors import UserError
from fer_models.exchange.bring import Given, import_network, said_by
from fer_models.preprocess import Preprocess


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="a .safetensors, .pt, .pth or .onnx file; it is never unpickled")
    parser.add_argument(
        "--network",
        default="",
        metavar="NAME[:option=value]",
        help="one of `fer models`, timm:NAME, torchvision:NAME, or module:function of an installed package",
    )
    parser.add_argument("--classes", default="", help="names of the outputs in their order, with commas between them")
    parser.add_argument("--size", type=int, help="side of the input in pixels")
    parser.add_argument("--channels", type=int, choices=(1, 3), help="1 for grey, 3 for RGB")
    parser.add_argument("--mean", help="subtracted from pixels in [0, 1]: a number, or three with commas; default 0.5")
    parser.add_argument("--std", help="divided by after that, likewise; default 0.5")
    parser.add_argument("--margin", type=float, default=0.0, help="part of the face square's side added around it")
    parser.add_argument("--out", metavar="FOLDER", help="checkpoint folder to write, such as networks/mine")
    parser.add_argument("--allow", metavar="MODULE:FUNCTION", help="let this function build networks, then end")


def run(args: argparse.Namespace) -> int:
    if args.allow:
        allow(args.allow)
        print(f"{args.allow} may build networks on this computer.")
        return 0
    if not args.file or not args.out:
        raise UserError("Give the file to import, and the folder to write with --out.")
    checkpoint = import_network(args.file, _given(args), args.out)
    print(f"{checkpoint.path}: {len(checkpoint.classes)} classes, {', '.join(checkpoint.classes)}; not measured yet.")
    return 0


def _given(args: argparse.Namespace) -> Given:
    """What the arguments say; what they leave out comes from a file of ``fer export-onnx``."""
    said = said_by(args.file)
    if said is not None and not args.classes:
        return said
    if not args.classes or args.size is None or args.channels is None:
        raise UserError("The file does not say what it is; give --classes, --size and --channels.")
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
