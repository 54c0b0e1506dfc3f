"""Data sets of faces: reading, storing, splitting and checking them."""

from fer_models.data.catalogue import DatasetEntry, add_dataset, known_datasets, remove_dataset
from fer_models.data.dataset import UNLABELLED, FaceDataset
from fer_models.data.opening import open_dataset
from fer_models.data.protocols import PROTOCOLS
from fer_models.data.readers import READERS, Reader, ReaderInfo
from fer_models.data.splits import Split, make_split

__all__ = [
    "PROTOCOLS",
    "READERS",
    "UNLABELLED",
    "DatasetEntry",
    "FaceDataset",
    "Reader",
    "ReaderInfo",
    "Split",
    "add_dataset",
    "known_datasets",
    "make_split",
    "open_dataset",
    "remove_dataset",
]
