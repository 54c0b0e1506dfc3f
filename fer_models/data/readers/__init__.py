"""Readers, one data set a file; importing this package imports and registers them all."""

from fer_models.data.readers.base import READERS, Reader, ReaderInfo
from fer_models.registry import import_modules

__all__ = ["READERS", "Reader", "ReaderInfo"]

import_modules(__name__)
