"""FCSDNet's graph in Keras, the peer of other benchmarks where TensorFlow is installed."""

from __future__ import annotations

import importlib.util
from typing import Any


def has_keras() -> bool:
    """Whether TensorFlow is installed, without importing it."""
    return importlib.util.find_spec("tensorflow") is not None


def keras_fcsdnet(size: int, channels: int) -> Any:
    """A Keras model from pictures (B, size, size, channels) to 7 logits."""
    from tensorflow import keras

    layers = keras.layers

    def gate(x: Any, width: int) -> Any:
        pooled = layers.GlobalAveragePooling2D(keepdims=True)(x), layers.GlobalMaxPooling2D(keepdims=True)(x)
        reduce, expand = layers.Dense(width // 8, "relu"), layers.Dense(width)
        channel = layers.Activation("sigmoid")(layers.Add()([expand(reduce(p)) for p in pooled]))
        mean, most = keras.ops.mean(x, -1, keepdims=True), keras.ops.max(x, -1, keepdims=True)
        both = layers.BatchNormalization()(layers.Concatenate()([mean, most]))
        spatial = layers.Conv2D(1, 7, padding="same", use_bias=False, activation="sigmoid")(both)
        return 0.5 * (x * channel) + 0.5 * (x * spatial)

    start = x = keras.Input((size, size, channels))
    x = layers.MaxPooling2D(3, 2, "same")(layers.Conv2D(64, 7, 2, "same")(x))
    for growth, repeats in ((32, 1), (64, 2), (128, 4)):
        for _ in range(repeats):
            y = layers.Conv2D(4 * growth, 1)(layers.ReLU()(layers.BatchNormalization()(x)))
            y = layers.Conv2D(growth, 3, padding="same")(layers.ReLU()(layers.BatchNormalization()(y)))
            x = layers.Concatenate()([y, x])
        x = layers.ReLU()(layers.Conv2D(4 * growth, 1)(x))
        x = gate(layers.AveragePooling2D(2, 2, "same")(x), 4 * growth)
    return keras.Model(start, layers.Dense(7)(layers.GlobalAveragePooling2D()(x)))
