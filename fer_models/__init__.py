"""FER models: networks, data, training, evaluation and explanation for facial expression recognition."""

from typing import TYPE_CHECKING, Any

from fer_models import process

process.apply()  # before torch is imported

from fer_models.architectures import create_model, list_models  # noqa: E402

if TYPE_CHECKING:
    from fer_models.classifier import load_checkpoint

__version__ = "0.2.0"
__all__ = ["create_model", "list_models", "load_checkpoint"]


def __getattr__(name: str) -> Any:
    # Late, so that building a network needs no more than torch.
    if name == "load_checkpoint":
        from fer_models.classifier import load_checkpoint

        return load_checkpoint
    raise AttributeError(name)
