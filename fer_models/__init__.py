"""FER models: networks, data, training, evaluation and explanation for facial expression recognition."""

import os
from typing import TYPE_CHECKING, Any

# Before torch is imported: OpenMP's threads would spin while another process (the app, a training) needs the cores.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from fer_models.architectures import create_model, list_models

if TYPE_CHECKING:
    from fer_models.checkpoint import load_checkpoint

__version__ = "0.1.0"
__all__ = ["create_model", "list_models", "load_checkpoint"]


def __getattr__(name: str) -> Any:
    # Late, so that building a network needs no more than torch.
    if name == "load_checkpoint":
        from fer_models.checkpoint import load_checkpoint

        return load_checkpoint
    raise AttributeError(name)
