"""The face lab: faces drawn from chosen action units, and what networks say of them."""

from fer_models.lab.change import MinimalChange, minimal_change
from fer_models.lab.drawing import draw, face_image
from fer_models.lab.fairness import TRAITS, Shift, trait_shift
from fer_models.lab.parameters import UNITS, FaceParameters, from_json, from_words, to_json, to_words, unit_name
from fer_models.lab.presets import EXPRESSIONS, blend, expression, surprise
from fer_models.lab.responses import Curve, Interaction, interaction_map, response_curves
from fer_models.lab.scoring import scores
from fer_models.lab.truth import UnitShare, moved_masks, unit_shares

__all__ = [
    "EXPRESSIONS",
    "TRAITS",
    "UNITS",
    "Curve",
    "FaceParameters",
    "Interaction",
    "MinimalChange",
    "Shift",
    "UnitShare",
    "blend",
    "draw",
    "expression",
    "face_image",
    "from_json",
    "from_words",
    "interaction_map",
    "minimal_change",
    "moved_masks",
    "response_curves",
    "scores",
    "surprise",
    "to_json",
    "to_words",
    "trait_shift",
    "unit_name",
    "unit_shares",
]
