"""What breaks a prediction: corrupted images, and what a network predicts for them.

``CORRUPTIONS`` holds the corruptions, one small class each, with ``title``, ``summary``, ``family``, ``unit``, ``low``,
``high``, ``neutral`` and five ``severities``. To corrupt the crop of a face, uint8 RGB (H, W, 3)::

    from fer_models.robustness import CORRUPTIONS, FaceGeometry

    blur = CORRUPTIONS.create("blur")
    worse = blur.apply(crop, blur.strength(3))             # severity 3 of 5
    geometry = FaceGeometry.of(face, info["corners"])      # eyes and mouth, where a detector gave landmarks
    worse = CORRUPTIONS.create("bar", down=0.75).apply(crop, 0.2, seed=0, geometry=geometry)

Classes with a position (``mask``, ``hand``, ``bar``, ``shift``) are dataclasses whose fields can be set. The same
arguments give the same pixels; at the neutral strength the image comes back unchanged.
"""

# Importing a module registers its corruptions: one line each.
from fer_models.robustness import cover, light, place, quality  # noqa: F401
from fer_models.robustness.corruption import CORRUPTIONS, SEVERITIES, Corruption, by_family
from fer_models.robustness.geometry import FaceGeometry

__all__ = ["CORRUPTIONS", "SEVERITIES", "Corruption", "FaceGeometry", "by_family"]
