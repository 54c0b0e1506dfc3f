"""Maps of faces by similarity: features, projections, and figures on their faithfulness."""

from fer_models.embedding.extract import feature_kinds, features_of, sample
from fer_models.embedding.maps import FaceMap, cached_map, compared, make_map
from fer_models.embedding.nearest import nearest
from fer_models.embedding.project import align, project
from fer_models.embedding.quality import Faithfulness, Separation, faithfulness, separation
from fer_models.embedding.settings import METHODS, MapSettings

__all__ = [
    "METHODS",
    "FaceMap",
    "Faithfulness",
    "MapSettings",
    "Separation",
    "align",
    "cached_map",
    "compared",
    "faithfulness",
    "feature_kinds",
    "features_of",
    "make_map",
    "nearest",
    "project",
    "sample",
    "separation",
]
