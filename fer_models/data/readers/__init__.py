"""Readers, one data set a file; importing this package registers them all."""

from fer_models.data.readers import (  # noqa: F401 (registered by being imported)
    ckplus,
    fer2013,
    ferplus,
    folder,
    jaffe,
    kdef,
    oulucasia,
    rafdb,
    table,
)
from fer_models.data.readers.base import READERS, Reader, ReaderInfo

__all__ = ["READERS", "Reader", "ReaderInfo"]
