"""A network of another program becomes a checkpoint folder like any other, without figures until it is measured."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from fer_models.architectures import create_model
from fer_models.architectures.base import FERNetwork
from fer_models.architectures.builder import allow, build
from fer_models.architectures.imported import ImportedOptions
from fer_models.checkpoint import Checkpoint, save_checkpoint
from fer_models.errors import UserError
from fer_models.exchange.examine import examine
from fer_models.exchange.network_name import NetworkName, parse_network
from fer_models.exchange.onnx_import import OnnxFile, onnx_options, open_onnx
from fer_models.exchange.weight_file import check_fit, checked_path, fitted, read_state
from fer_models.inference.forwards import example_batch
from fer_models.labels import canonical, is_emotion
from fer_models.preprocess import Preprocess

#: Packages whose networks are built by name.
ZOOS = ("timm", "torchvision")


@dataclass(frozen=True)
class Given:
    """What a person says of a network.

    Args:
        network: As for :func:`~fer_models.exchange.network_name.parse_network`, or what that gives; not needed for an
            ONNX file.
        classes: Names of its outputs, in order; synonyms of emotions are brought to the names used here.
        preprocess: From a face to its input.
    """

    network: str | NetworkName
    classes: tuple[str, ...]
    preprocess: Preprocess


def class_names(names: Sequence[str]) -> tuple[str, ...]:
    """Class names as they are used here: ``Happiness`` is ``happy``, other words stay.

    Raises:
        UserError: If there are fewer than two, or one stands there twice.

    Example:
        >>> class_names(["Anger", "Happiness", "bored"])
        ('angry', 'happy', 'bored')
    """
    known = tuple(canonical(name) if is_emotion(name) else name.strip() for name in names)
    if len(known) < 2 or not all(known):
        raise UserError("Give the names of all classes in the order of the outputs, separated by commas.")
    twice = sorted({name for name in known if known.count(name) > 1})
    if twice:
        raise UserError(f"The class {', '.join(twice)} is given twice; each output needs its own name.")
    return known


def said_by(file: str | Path) -> Given | None:
    """What an ONNX file of ``fer export-onnx`` says of itself; ``None`` for any other file.

    Raises:
        UserError: If the file cannot be read.
    """
    path = checked_path(file)
    if path.suffix.lower() != ".onnx":
        return None
    facts = open_onnx(path).facts
    if not facts.classes or not facts.preprocess:
        return None
    return Given("", facts.classes, Preprocess.from_dict(facts.preprocess))


def import_network(file: str | Path, given: Given, folder: str | Path) -> Checkpoint:
    """Write a checkpoint folder from a file of weights or an ONNX file.

    Args:
        file: ``.safetensors``, ``.pt`` and ``.pth`` (weights alone), ``.pt2`` (its weights are read), or ``.onnx``.
        given: What the network is.
        folder: The checkpoint folder; an earlier checkpoint in it is replaced.

    Returns:
        The checkpoint: provenance ``imported``, no figures.

    Raises:
        UserError: If the file cannot be used, or does not fit what was said; the message says what to change.

    Example:
        >>> torch.save(create_model("mini_xception", 2, 1).state_dict(), "weights.pt")
        >>> given = Given("mini_xception", ("happy", "sad"), Preprocess(size=48, channels=1))
        >>> import_network("weights.pt", given, "mine").classes
        ('happy', 'sad')
    """
    path = checked_path(file)
    classes, preprocess = class_names(given.classes), given.preprocess
    if path.suffix.lower() == ".onnx":
        model = _onnx(open_onnx(path), len(classes), preprocess, path.name)
        source = "onnx"
    else:
        name = parse_network(given.network) if isinstance(given.network, str) and given.network else given.network
        if not isinstance(name, NetworkName):
            raise UserError(f"{path.name} holds weights only; name their network, such as resnet18.")
        source = name.key or name.source
        if name.key:
            model = _ours(path, name.key, name.options, classes, preprocess)
        else:
            options = ImportedOptions(name.source, preprocess.size, name.options)
            model = _foreign(path, options, len(classes), preprocess)
    _check_scores(model, preprocess, path.name)
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    provenance = {"imported": {"file": path.name, "sha256": digest, "network": source}}
    return save_checkpoint(folder, model, classes, preprocess, provenance=provenance)


def _ours(
    file: Path, key: str, options: dict[str, object], classes: tuple[str, ...], preprocess: Preprocess
) -> FERNetwork:
    model = create_model(key, len(classes), preprocess.channels, **options)
    wanted = model.state_dict()
    head = next((name for name, part in model.named_modules() if part is model.classifier), "")
    state = fitted(read_state(file), wanted)
    check_fit(state, wanted, head=head, classes=len(classes), file=file.name)
    model.load_state_dict(wanted | state)
    return model


def _foreign(file: Path, options: ImportedOptions, num_classes: int, preprocess: Preprocess) -> FERNetwork:
    if options.source.partition(":")[0] not in ZOOS:
        allow(options.source)  # the person who imports it has named the function
    raw = build(options.source, num_classes, preprocess.channels, options.arguments)
    wanted = {name: value.clone() for name, value in raw.state_dict().items()}
    state = fitted(read_state(file), wanted)
    found, head = examine(raw, options, num_classes, preprocess.channels)
    check_fit(state, wanted, head=head, classes=num_classes, file=file.name)
    model = create_model("imported", num_classes, preprocess.channels, **dataclasses.asdict(found))
    renamed = {_renamed(name, head): value for name, value in (wanted | state).items()}
    model.load_state_dict(model.state_dict() | renamed)
    return model


def _renamed(name: str, head: str) -> str:
    layer, _, leaf = name.rpartition(".")
    return f"head.{leaf}" if head and layer == head else f"body.{name}"


def _onnx(opened: OnnxFile, num_classes: int, preprocess: Preprocess, name: str) -> FERNetwork:
    options = onnx_options(opened, num_classes, preprocess.channels, preprocess.size, name)
    model = create_model("onnx", num_classes, preprocess.channels, **dataclasses.asdict(options))
    graph = torch.frombuffer(bytearray(opened.content), dtype=torch.uint8)
    model.load_state_dict({"graph": graph})
    return model


def _check_scores(model: FERNetwork, preprocess: Preprocess, name: str) -> None:
    with torch.no_grad():
        scores = model.eval()(example_batch(2, preprocess.channels, preprocess.size))
    if not bool(scores.isfinite().all()):
        raise UserError(f"The network in {name} gives NaN or infinity instead of scores; its weights are damaged.")
