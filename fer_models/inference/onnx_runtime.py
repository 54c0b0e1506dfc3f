"""A network in onnxruntime: exported in memory, never written to disk."""

from __future__ import annotations

import contextlib
import io
import logging
import threading
from collections.abc import Iterator
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn

from fer_models.architectures.onnx_graph import open_graph, runtime
from fer_models.errors import UserError

INPUT, OUTPUTS = "pictures", ("logits", "embedding")
_export_lock = threading.Lock()  # the exporter keeps its state in globals
#: What logs during an export.
_EXPORTER_LOGGERS = ("torch.onnx", "torch.export", "torch.fx", "torch._dynamo", "onnxscript", "onnx_ir")


def export_bytes(module: nn.Module, example: Tensor) -> bytes:
    """An ONNX file of a module that returns logits and embedding, for any number of images of the example's size.

    The exporter that traces one run comes first: it takes a tenth of the time of the other one, which supports more
    operations.

    Args:
        module: In evaluation mode.
        example: (B, C, H, W).

    Raises:
        UserError: If the module cannot be exported.
    """
    with _export_lock, _quiet_exporters(), torch.no_grad():
        try:
            return _traced(module, example)
        except Exception:  # The exporters have no common base class of their errors.
            try:
                return _captured(module, example)
            except Exception as error:
                raise UserError(f"This network cannot be exported to ONNX ({type(error).__name__}).") from error


def _traced(module: nn.Module, example: Tensor) -> bytes:
    file = io.BytesIO()
    axes = {name: {0: "batch"} for name in (INPUT, *OUTPUTS)}
    torch.onnx.export(
        module,
        (example,),
        file,  # type: ignore[arg-type]  # this exporter takes files too
        input_names=[INPUT],
        output_names=list(OUTPUTS),
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    return file.getvalue()


def _captured(module: nn.Module, example: Tensor) -> bytes:
    program = torch.onnx.export(
        module,
        (example,),
        input_names=[INPUT],
        output_names=list(OUTPUTS),
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    return program.model_proto.SerializeToString()


class OnnxForward:
    """A network in onnxruntime on the CPU; safe to call from several threads at once.

    Shape:
        - Input :math:`(B, C, H, W)`, float32, any memory layout. Outputs: logits :math:`(B, K)` and embedding.

    Raises:
        UserError: If onnxruntime is not installed, or the module cannot be exported or opened.
    """

    name = "onnxruntime"

    def __init__(self, module: nn.Module, example: Tensor):
        runtime()  # before the export, which takes a second
        self._session: Any = open_graph(export_bytes(module, example))

    def __call__(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        logits, embedding = self._session.run(list(OUTPUTS), {INPUT: batch.contiguous().numpy()})
        return torch.from_numpy(logits), torch.from_numpy(embedding)


@contextlib.contextmanager
def _quiet_exporters() -> Iterator[None]:
    """Silence what the exporters log and the graph that they print on failure; all other loggers are left alone.

    They warn of possible differences, which are measured afterwards.
    """
    loggers = [logging.getLogger(name) for name in _EXPORTER_LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with mock.patch.object(torch._C, "_jit_onnx_log", create=True):
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
