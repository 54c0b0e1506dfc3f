"""What an ONNX file takes and gives, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from fer_models.architectures.onnx_graph import OnnxOptions, open_graph
from fer_models.errors import UserError
from fer_models.exchange.onnx_export import ENTRY
from fer_models.inference.forwards import example_batch
from fer_models.settings import parse_stored


class Facts(BaseModel):
    """What a file of ``fer export-onnx`` says of itself."""

    name: str = ""
    classes: tuple[str, ...] = ()
    preprocess: dict[str, Any] = {}
    licence: str = ""


@dataclass(frozen=True)
class OnnxFile:
    """A file that onnxruntime has opened.

    Args:
        content: Its bytes.
        session: The onnxruntime session.
        facts: What it says of itself, empty for a file of another program.
    """

    content: bytes
    session: Any
    facts: Facts

    @property
    def shape(self) -> list[Any]:
        """Of its input; a free side is a name or ``None``."""
        return list(self.session.get_inputs()[0].shape)


def open_onnx(file: Path) -> OnnxFile:
    """Open an ONNX file with one image input.

    Raises:
        UserError: If it is damaged, keeps weights in other files, or takes something else than float32 images.
    """
    import onnx

    content = file.read_bytes()
    elsewhere = f"{file.name} keeps its weights in another file; save it as one file (onnx.save_model)."
    try:
        session = open_graph(content)  # first: it refuses what is damaged
    except UserError as error:
        if "external" in str(error).lower():
            raise UserError(elsewhere) from None
        raise UserError(f"{file.name} cannot be used: {error}") from None
    model = onnx.load_from_string(content)
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in model.graph.initializer):
        raise UserError(elsewhere)
    said = {entry.key: entry.value for entry in model.metadata_props}
    try:
        facts = parse_stored(said.get(ENTRY, "{}"), Facts)
    except ValueError:
        facts = Facts()
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type != "tensor(float)" or len(inputs[0].shape) != 4:
        found = ", ".join(f"{each.name}: {each.type} {each.shape}" for each in inputs)
        raise UserError(f"{file.name} must take one float32 input (batch, channels, height, width); it takes {found}.")
    return OnnxFile(content, session, facts)


def onnx_options(opened: OnnxFile, num_classes: int, channels: int, size: int, name: str) -> OnnxOptions:
    """Which outputs hold scores and embedding, found by running the file on two images.

    Args:
        opened: The file.
        num_classes: Class names given.
        channels: Of its input.
        size: Side of its input, in pixels.
        name: Of the file, for messages.

    Raises:
        UserError: If it cannot take such images, or gives another number of scores.
    """
    batch = example_batch(2, channels, size).contiguous().numpy()
    shape = opened.shape
    channels_last = shape[3] == channels and shape[1] != channels
    wanted = (size, size, channels) if channels_last else (channels, size, size)
    for side, given in zip(shape[1:], wanted, strict=True):
        if isinstance(side, int) and side != given:
            raise UserError(f"{name} takes input {shape}, not {wanted}; give its size and channels.")
    one_by_one = shape[0] == 1
    images = batch.transpose(0, 2, 3, 1) if channels_last else batch
    outputs = _run(opened, np.ascontiguousarray(images[:1] if one_by_one else images), name)
    flat = {key: value.reshape(len(value), -1) for key, value in outputs.items() if value.ndim >= 2}
    fitting = [key for key, value in flat.items() if value.shape[1] == num_classes]
    scores = "logits" if "logits" in fitting else fitting[0] if fitting else ""
    if not scores:
        widths = ", ".join(f"{key} {value.shape[1]}" for key, value in flat.items()) or "none"
        raise UserError(f"{name} has no output with {num_classes} scores; its outputs are: {widths}.")
    embedding = next((key for key in flat if "embed" in key.lower() and key != scores), "")
    values = flat[scores]
    probabilities = bool((values >= 0).all()) and bool(np.allclose(values.sum(1), 1, atol=1e-3))
    return OnnxOptions(
        bytes=len(opened.content),
        size=size,
        num_features=flat[embedding].shape[1] if embedding else num_classes,
        input=opened.session.get_inputs()[0].name,
        scores=scores,
        embedding=embedding,
        channels_last=channels_last,
        probabilities=probabilities,
        one_by_one=one_by_one,
    )


def _run(opened: OnnxFile, images: np.ndarray, name: str) -> dict[str, np.ndarray]:
    names = [output.name for output in opened.session.get_outputs()]
    from onnxruntime.capi import onnxruntime_pybind11_state as errors

    refusals = (errors.Fail, errors.InvalidArgument, errors.RuntimeException, errors.NotImplemented)
    try:
        outputs = opened.session.run(names, {opened.session.get_inputs()[0].name: images})
    except (*refusals, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0][:160]
        raise UserError(f"{name} cannot take images of {images.shape[1:]} ({reason}).") from None
    return {key: np.asarray(value) for key, value in zip(names, outputs, strict=True) if isinstance(value, np.ndarray)}
