"""How a network predicts quickly: batch norms folded into convolutions, onnxruntime, and a probe that picks.

Whatever is quicker is used only after its logits were compared with plain torch's on the spot.
"""

from fer_models.inference.choose import Choice, Optimised, optimise
from fer_models.inference.forwards import FOLDED, ONNX, PLAIN, Forward

__all__ = ["FOLDED", "ONNX", "PLAIN", "Choice", "Forward", "Optimised", "optimise"]
