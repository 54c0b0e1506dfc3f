"""Fast prediction: folded batch norms, Winograd's convolutions, onnxruntime, and a probe that picks the fastest.

A faster variant is used only after its logits were compared with those of plain torch.
"""

from fer_models.inference.choose import Choice, Optimised, optimise
from fer_models.inference.forwards import FOLDED, ONNX, PLAIN, WINOGRAD, Forward

__all__ = ["FOLDED", "ONNX", "PLAIN", "WINOGRAD", "Choice", "Forward", "Optimised", "optimise"]
