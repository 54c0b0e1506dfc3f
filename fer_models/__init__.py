"""FER models: networks, data, training, evaluation and explanation for facial expression recognition."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fer_models import process

process.apply()  # before torch is imported

from fer_models.architectures import create_model, list_models  # noqa: E402

if TYPE_CHECKING:
    from fer_models.api import evaluate, explain_face, open_dataset, predict_image, train
    from fer_models.classifier import load_checkpoint

__version__ = "0.2.0"
__all__ = [
    "create_model",
    "evaluate",
    "explain_face",
    "list_models",
    "load_checkpoint",
    "open_dataset",
    "predict_image",
    "train",
]


def __getattr__(name: str) -> Any:
    # Late, so that building a network needs no more than torch.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("fer_models.classifier" if name == "load_checkpoint" else "fer_models.api"), name)
