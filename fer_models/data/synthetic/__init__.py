"""Built-in faces: drawn from parameters, with label, action units, identity, landmarks and masks of each picture."""

from fer_models.data.synthetic.action_units import ACTION_UNITS, AU_NAMES, AU_REGIONS, EMOTION_ACTION_UNITS
from fer_models.data.synthetic.generator import SyntheticFace, SyntheticSet, generate, generate_face
from fer_models.data.synthetic.landmarks import LANDMARK_NAMES
from fer_models.data.synthetic.masks import REGIONS
from fer_models.data.synthetic.options import SyntheticOptions

__all__ = [
    "ACTION_UNITS",
    "AU_NAMES",
    "AU_REGIONS",
    "EMOTION_ACTION_UNITS",
    "LANDMARK_NAMES",
    "REGIONS",
    "SyntheticFace",
    "SyntheticOptions",
    "SyntheticSet",
    "generate",
    "generate_face",
]
