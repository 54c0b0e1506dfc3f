"""Predictions that a checkpoint brings with it, so that its evidence can be read where the images are missing.

``predictions.safetensors`` in the checkpoint's folder holds no image: row numbers, labels and logits of the split on
which the network was measured, its embeddings in few dimensions, and the mean image of each class. Its metadata name
the weights that made it and the SHA-256 of its content.
"""

from fer_models.evaluation.shipped.file import FILE, ShippedPredictions, read_shipped
from fer_models.evaluation.shipped.use import shipped_evaluation, without_images
from fer_models.evaluation.shipped.write import COMPONENTS, shortened, write_shipped

__all__ = [
    "COMPONENTS",
    "FILE",
    "ShippedPredictions",
    "read_shipped",
    "shipped_evaluation",
    "shortened",
    "without_images",
    "write_shipped",
]
