"""An ONNX file as a network that predicts: onnxruntime runs it, on the CPU."""

from __future__ import annotations

import threading
from types import ModuleType
from typing import Annotated, Any, ClassVar, NoReturn

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from fer_models.architectures.base import FERNetwork
from fer_models.architectures.switches import about
from fer_models.errors import UserError
from fer_models.settings import checked

_Name = Annotated[str, Field(min_length=1)]


@checked("ONNX network")
class OnnxOptions:
    """What the file takes and gives, found out when it was imported."""

    bytes: Annotated[int, about("Size of the file.", ge=1)]
    size: Annotated[int, about("Side of its input, in pixels.", ge=8, le=1024)]
    num_features: Annotated[int, about("Length of its embedding.", ge=1)]
    input: Annotated[_Name, about("Name of its input.")]
    scores: Annotated[_Name, about("Name of the output with a score for each class.")]
    embedding: Annotated[str, about("Name of the output with the embedding; empty: the scores take its place.")] = ""
    channels_last: Annotated[bool, about("Whether its input is (B, H, W, C), as Keras has it.")] = False
    probabilities: Annotated[bool, about("Whether its scores are probabilities; their logarithms are used.")] = False
    one_by_one: Annotated[bool, about("Whether it takes a single image.")] = False


class OnnxNetwork(FERNetwork):
    r"""The bytes of an ONNX file as a buffer, so that they are stored, verified and moved like weights.

    It has no gradients and no layers: methods that need them are refused with the reason.

    Shape:
        - Input :math:`(B, C, S, S)` of one size. :meth:`forward_features` gives the scores and the embedding as
          :math:`(B, K + F, 1, 1)`.

    Raises:
        UserError: If onnxruntime is missing or refuses the file.
    """

    title = "ONNX network"
    paper = "see where the file comes from"
    summary = "A network in an ONNX file, run by onnxruntime."
    Options: ClassVar[type[Any]] = OnnxOptions
    native_input = (3, 224, 224)
    min_size = 8
    fixed_size = True
    differentiable = False
    graph: Tensor

    def __init__(self, num_classes: int, in_channels: int, options: OnnxOptions):
        super().__init__(num_classes, in_channels, options)
        self.native_input = (in_channels, options.size, options.size)  # type: ignore[misc]
        self.num_features = options.num_features
        self.register_buffer("graph", torch.zeros(options.bytes, dtype=torch.uint8))
        self._session: Any = None
        self._opening = threading.Lock()

    def forward_features(self, x: Tensor) -> Tensor:
        width = self.num_classes + self.num_features
        if x.device.type == "meta":
            return x.new_empty(len(x), width, 1, 1)
        if torch.jit.is_tracing() or torch.compiler.is_exporting():
            raise UserError("This network is an ONNX file already.")
        images = x.detach().float().cpu().contiguous()
        images = images.permute(0, 2, 3, 1).contiguous() if self.options.channels_last else images
        parts = images.split(1) if self.options.one_by_one else (images,)
        outputs = [np.concatenate(self._run(part.numpy()), axis=1) for part in parts if len(part)]
        found = torch.from_numpy(np.concatenate(outputs)) if outputs else torch.zeros(0, width)
        return found[:, :, None, None].to(x.device)

    def _run(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scores (B, K) and embedding (B, F)."""
        names = [name for name in (self.options.scores, self.options.embedding) if name]
        outputs = self._opened().run(names, {self.options.input: images})
        scores, *rest = [np.asarray(output, np.float32).reshape(len(images), -1) for output in outputs]
        if self.options.probabilities:
            scores = np.log(np.maximum(scores, 1e-12))
        return scores, rest[0] if rest else scores

    def _opened(self) -> Any:
        with self._opening:
            if self._session is None:
                self._session = open_graph(self.graph.cpu().numpy().tobytes())
            return self._session

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        flat = features.flatten(1)
        return flat[:, self.num_classes :] if pre_logits else flat[:, : self.num_classes]

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        return {}

    @property
    def classifier(self) -> NoReturn:
        raise UserError("An ONNX file cannot be trained further; import the network's weights instead.")

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("_session", "_opening")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._session, self._opening = None, threading.Lock()


def runtime() -> ModuleType:
    """The package onnxruntime.

    Raises:
        UserError: If it is not installed.
    """
    try:
        import onnxruntime
    except ImportError:
        raise UserError("onnxruntime is not installed; run: pip install onnxruntime") from None
    return onnxruntime


def open_graph(content: bytes) -> Any:
    """An onnxruntime session on the CPU.

    Raises:
        UserError: If onnxruntime is missing or refuses the file.
    """
    package = runtime()
    options = package.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    # Waiting threads must sleep: spinning ones slow down everything else, such as a training run.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return package.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common base class of its errors
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        raise UserError(f"onnxruntime rejects the network ({reason}).") from error
