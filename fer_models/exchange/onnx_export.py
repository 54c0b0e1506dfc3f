"""Write a trained network as an ONNX file that says what it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data.readers import READERS
from fer_models.data.synthetic import SyntheticOptions, generate_face
from fer_models.errors import UserError
from fer_models.inference.forwards import Outputs
from fer_models.inference.onnx_runtime import INPUT, OUTPUTS, export_bytes
from fer_models.storage import atomic_file

#: The one entry of the file's metadata that ``fer import`` reads: a JSON object.
ENTRY = "fer_workbench"
#: Largest difference from torch that is accepted, of a logit and, in parts of its largest value, of the embedding.
TOLERANCE = 1e-4
_IMAGES = 10


def export_onnx(checkpoint: Checkpoint, file: str | Path, *, licence: str = "") -> float:
    """Write an ONNX file and check it: ten drawn faces must get the logits and embeddings that torch gives.

    The input ``pictures`` is float32 (B, C, S, S), scaled as the metadata say; the outputs are ``logits`` (B, K) and
    ``embedding`` (B, F), for any B. The metadata hold ``classes`` (in the order of the logits), ``preprocessing``,
    ``licence`` and, in one JSON entry, all that ``fer import`` needs.

    Args:
        checkpoint: The network.
        file: Where to write; an earlier file is replaced once the new one has passed the check.
        licence: What the file says of its licence; by default the terms of the training data, where they are known.

    Returns:
        The largest difference from torch that was seen.

    Raises:
        UserError: If the network cannot be exported, its outputs differ from torch's, or the file cannot be written.

    Example:
        >>> from fer_models.checkpoint import read_checkpoint
        >>> export_onnx(read_checkpoint("checkpoints/mini-xception-fer2013"), "network.onnx") < 1e-4
        True
    """
    classifier = Classifier(checkpoint)
    batch = classifier.prepare(_faces(checkpoint)).contiguous()
    module = Outputs(classifier.model, shared_head=False).eval()
    content = _with_facts(export_bytes(module, batch[:2]), checkpoint, licence)
    with torch.inference_mode():
        logits, embedding = module(batch)
    difference = _difference(content, batch.numpy(), (logits.numpy(), embedding.numpy()))
    if not difference <= TOLERANCE:
        raise UserError(
            f"{Path(file).name} was not written: onnxruntime's outputs differ from torch's by {difference:.2g}, "
            f"more than {TOLERANCE:g}."
        )
    try:
        with atomic_file(file) as new:
            new.write_bytes(content)
    except OSError as error:
        raise UserError(f"{file} cannot be written ({error.strerror}); choose another place.") from None
    return difference


def _faces(checkpoint: Checkpoint) -> list[np.ndarray]:
    options = SyntheticOptions(count=_IMAGES, size=min(max(checkpoint.preprocess.size, 48), 96), seed=3)
    return [generate_face(options, number).image for number in range(_IMAGES)]


def _with_facts(content: bytes, checkpoint: Checkpoint, licence: str) -> bytes:
    """The file with what is known of the network in its metadata."""
    import onnx

    terms = licence or _terms(checkpoint)
    facts: dict[str, Any] = {
        "name": checkpoint.name,
        "network": checkpoint.network,
        "classes": list(checkpoint.classes),
        "preprocess": checkpoint.preprocess.to_dict(),
        "licence": terms,
        "weights_sha256": checkpoint.sha256,
    }
    model = onnx.load_from_string(content)
    preprocess = checkpoint.preprocess
    colour = "grey" if preprocess.channels == 1 else "RGB"
    onnx.helper.set_model_props(
        model,
        {
            ENTRY: json.dumps(facts, sort_keys=True),
            "classes": ",".join(checkpoint.classes),
            "preprocessing": f"{colour}, {preprocess.size} x {preprocess.size} pixels, {preprocess.formula}, "
            f"{preprocess.interpolation} resizing",
            "licence": terms,
        },
    )
    model.graph.doc_string = ""  # of the exporter: paths of this machine
    return bytes(model.SerializeToString())


def _terms(checkpoint: Checkpoint) -> str:
    """The terms of the training data in a sentence."""
    data = str(checkpoint.provenance.get("data", "")).partition(":")[0]
    if data == "synthetic":
        return "Trained on faces that the app draws, free to use."
    if data in READERS:
        reader = READERS[data].info
        return f"Trained on {reader.title}, whose owners say: {reader.terms}"
    return "not stated"


def _difference(content: bytes, batch: np.ndarray, expected: tuple[np.ndarray, np.ndarray]) -> float:
    """Largest difference of onnxruntime's outputs from torch's, for all images at once and for the first alone."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    worst = 0.0
    for part in (slice(0, len(batch)), slice(0, 1)):
        for got, wanted, relative in zip(
            session.run(list(OUTPUTS), {INPUT: batch[part]}), expected, (False, True), strict=True
        ):
            scale = max(1.0, float(np.abs(wanted).max())) if relative else 1.0
            gap = float(np.abs(got - wanted[part]).max()) / scale
            worst = gap if gap > worst or gap != gap else worst
    return worst
