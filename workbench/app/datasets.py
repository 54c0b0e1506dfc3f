"""Known data sets, which of them could not be read, and how to add, hide or remove a set."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from fer_models.data import (
    READERS,
    DatasetEntry,
    FaceDataset,
    add_dataset,
    known_datasets,
    open_dataset,
    remove_dataset,
)
from fer_models.data import builtin as built_in
from fer_models.data.archive import MAX_BYTES, MAX_FILES, extract_zip
from fer_models.data.opening import split_options
from fer_models.data.readers.base import LOOK, split_role, visible
from fer_models.data.store import open_store, store_folder
from fer_models.data.synthetic import SyntheticOptions
from fer_models.errors import UserError
from fer_models.folders import cache_folder, uploads_folder
from fer_models.labels import FER7
from fer_models.progress import Progress
from fer_models.settings import stored_or_none
from fer_models.storage import atomic_file
from workbench import once
from workbench.app import jobs
from workbench.app.jobs import Job

#: Why a set could not be read, by its source and reader, with the state of its files at that time.
_problems: dict[tuple[str, str, str], tuple[object, str]] = {}
#: The default set, if it is on this computer.
_PREFERRED = "fer2013"
#: What a ZIP may unpack to, for the sentence beside the upload.
UNPACKED_LIMIT = f"{MAX_BYTES / 1e9:g} GB and {MAX_FILES:,} files"


class UnreadableError(UserError):
    """A known data set cannot be read; the sentence names it."""

    def __init__(self, entry: DatasetEntry, sentence: str) -> None:
        super().__init__(f"{entry.title} cannot be read: {sentence}")
        self.name = entry.name


@once.once
def known() -> list[DatasetEntry]:
    """The data sets that are known to the library, but for those that were hidden."""
    entries = known_datasets()
    hidden_keys = set(_hidden())
    return [entry for entry in entries if _hiding(entry) not in hidden_keys] if hidden_keys else entries


def hidden() -> list[DatasetEntry]:
    """The known data sets that were hidden."""
    hidden_keys = set(_hidden())
    return [entry for entry in known_datasets() if _hiding(entry) in hidden_keys]


def hide(entry: DatasetEntry, *, again_shown: bool = False) -> None:
    """Leave a set of the data folder out of all lists, or show it again; its files stay as they are.

    Raises:
        UserError: If that cannot be written down.
    """
    keys = [key for key in _hidden() if key != _hiding(entry)] + ([] if again_shown else [_hiding(entry)])
    try:
        with atomic_file(_hidden_file()) as file:
            file.write_text(json.dumps(keys))
    except OSError as error:
        raise UserError(
            f"{_hidden_file()} cannot be written ({error.strerror}); free some disk space or set FER_CACHE."
        ) from None
    once.forget()


def default_name() -> str:
    """FER2013 if it is on this computer, the built-in faces if it is not or could not be read."""
    entry = best([entry for entry in known() if entry.reader.split(":")[0] == _PREFERRED])
    return built_in.NAME if entry is None else entry.name


def best(entries: Sequence[DatasetEntry]) -> DatasetEntry | None:
    """Of several copies of a data set, one that was read and has labels, else the first that did not fail."""
    readable = [entry for entry in entries if not problem(entry)]
    if len(readable) > 1:
        readable.sort(key=_promise)
    return next(iter(readable), None)


def preferred(names: Sequence[str]) -> str | None:
    """FER2013 if it is among the names, else the first; ``None`` if there are none."""
    return _PREFERRED if _PREFERRED in names else next(iter(names), None)


def find(name: str) -> DatasetEntry | None:
    """The known data set of exactly that name."""
    return next((entry for entry in known() if entry.name == name), None)


def stored(entry: DatasetEntry) -> FaceDataset | None:
    """The set from its store, memory-mapped within milliseconds; ``None`` if it has to be read first."""
    if entry.name == built_in.NAME:
        return open_store(store_folder(built_in.describe(SyntheticOptions()), built_in.NAME))
    try:
        key, reader_options = split_options(entry.reader)
        options = READERS[key]().check_options(reader_options)
    except UserError:
        return None  # opening the set reports the error
    return open_store(store_folder(Path(entry.source), key, sorted(options.items()), None, None))


def has_official_parts(name: str) -> bool:
    """Whether the authors of a data set name a held-out part; of a set not read yet, by what is known of it.

    A path counts as having them: only reading it tells.
    """
    entry = find(name)
    if entry is None:
        return True
    dataset, key = stored(entry), entry.reader.split(":")[0]
    if dataset is not None:
        parts: Sequence[str] = dataset.split_names
    elif key in READERS and not READERS[key].general:
        parts = [*READERS[key].info.counts, *READERS[key].info.totals]
    else:
        return True
    return any(split_role(part) in (1, 2) for part in parts)


def classes(name: str) -> tuple[str, ...]:
    """Classes of a known data set, as read or as its reader knows them; empty where neither tells."""
    entry = find(name)
    if entry is None:
        return ()
    dataset, key = stored(entry), entry.reader.split(":")[0]
    if dataset is not None:
        return dataset.classes
    return READERS[key].info.classes if key in READERS else FER7 if name == built_in.NAME else ()


def opened(name: str, progress: Progress | None = None) -> FaceDataset:
    """The data set of that name. One that could not be read is not tried again before its files change.

    Raises:
        UnreadableError: If it is known and cannot be read.
        UserError: If there is no such set.
    """
    entry = find(name)
    if entry is None:
        return open_dataset(name, progress=progress)
    if sentence := problem(entry):
        raise UnreadableError(entry, sentence)
    try:
        return open_dataset(name, progress=progress)
    except UserError as error:
        _problems[_reading(entry)] = (_state(entry), str(error))
        raise UnreadableError(entry, str(error)) from None


def read(entry: DatasetEntry) -> Job:
    """Read a set into its store in the background, or return the job that does."""
    job = jobs.find(_reading(entry))
    changed = _reading(entry) in _problems and not problem(entry)
    if job is not None and (job.state == "done" or changed):
        jobs.forget(_reading(entry))  # Its source changed since.
    return jobs.start(
        _reading(entry), f"Reading {entry.title}", lambda progress: len(opened(entry.name, progress)), lane="long"
    )


def problem(entry: DatasetEntry) -> str:
    """Why the last reading failed; ``""`` if it did not, or the files have changed since."""
    state, sentence = _problems.get(_reading(entry), (None, ""))
    return sentence if sentence and state == _state(entry) else ""


def listed(name: str, title: str) -> str:
    """What a list calls a data set: title, name where it differs, and whether it could not be read."""
    words = title if title == name or title.endswith(f"({name})") else f"{title} ({name})"
    entry = find(name)
    return f"Unreadable: {words}" if entry is not None and problem(entry) else words


def read_again(entry: DatasetEntry) -> None:
    """Let the next :func:`opened` or :func:`read` start again."""
    _problems.pop(_reading(entry), None)
    jobs.forget(_reading(entry))


def identity(dataset: FaceDataset) -> str:
    """Identity of this state of a data set, without reading its pictures."""
    if not dataset.has_images:
        return f"{dataset.name} {dataset.source} {dataset.fingerprint()}"
    file = getattr(dataset.images, "filename", None)
    changed = os.stat(file).st_mtime_ns if file and os.path.exists(file) else id(dataset.images)
    return f"{dataset.name} {dataset.source} {file} {changed} {dataset.images.shape}"


def add_path(name: str, path: str, reader: str | None = None) -> DatasetEntry:
    """Add a folder or CSV of this computer.

    Raises:
        UserError: If name, path or layout are not valid.
    """
    if not path.strip():
        raise UserError("Give the path of the data set: a folder or a CSV file on this computer.")
    once.forget()
    return add_dataset(name or Path(path.strip()).stem, path.strip(), reader)


def add_zip(name: str, file_name: str, content: bytes, reader: str | None = None) -> DatasetEntry:
    """Unpack a ZIP into the cache and add its data set; it is deleted if it holds none.

    Raises:
        UserError: If the ZIP is damaged, too large or unsafe, or holds no data set.
    """
    stem = "".join(c if c.isalnum() or c in "_-+" else "-" for c in Path(file_name).stem)[:60].strip("-") or "upload"
    home = uploads_folder() / hashlib.sha256(content).hexdigest()[:16]
    holder = next((e for e in known() if e.added and home in Path(e.source).parents), None)
    if holder is not None:
        raise UserError(f"This ZIP was added already, as {holder.name!r}; choose it in the list of data sets.")
    shutil.rmtree(home, ignore_errors=True)
    once.forget()
    try:
        extract_zip(content, home / stem)
        return _add_unpacked(name or stem, home / stem, reader)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise


def remove(name: str) -> None:
    """Remove an added set; files unpacked from a ZIP are deleted, a folder of the user is not touched.

    Raises:
        UserError: If no set of that name was added.
    """
    entry = find(name)
    remove_dataset(name)
    once.forget()
    if entry is not None and uploads_folder() in Path(entry.source).parents:
        shutil.rmtree(uploads_folder() / Path(entry.source).relative_to(uploads_folder()).parts[0], ignore_errors=True)


def _add_unpacked(name: str, folder: Path, reader: str | None) -> DatasetEntry:
    """Add the folder, or the single folder or CSV in it."""
    try:
        return add_dataset(name, folder, reader)
    except UserError:
        inside = [path for path in folder.iterdir() if not path.name.startswith(".")]
        if len(inside) != 1 or (inside[0].is_file() and inside[0].suffix.lower() != ".csv"):
            raise
        return add_dataset(name, inside[0], reader)


def _reading(entry: DatasetEntry) -> tuple[str, str, str]:
    return ("read", entry.source, entry.reader)


def _promise(entry: DatasetEntry) -> int:
    dataset = stored(entry)
    return 1 if dataset is None else 0 if (dataset.labels >= 0).any() else 2


def _hiding(entry: DatasetEntry) -> str:
    return f"{entry.reader} {entry.source}"


def _hidden_file() -> Path:
    return cache_folder() / "hidden-datasets.json"


def _hidden() -> list[str]:
    return stored_or_none(_hidden_file(), list[str]) or []


def _state(entry: DatasetEntry) -> object:
    """What changes when a file of a data set, or one level below its folder, is replaced."""
    source = Path(entry.source)
    files = [source] if not source.is_dir() else [source, *(source / item.name for item in visible(source, LOOK))]
    states = []
    for file in files:
        try:
            state = file.stat()
        except OSError:
            states.append((file.name, 0, 0))
        else:
            states.append((file.name, state.st_size, state.st_mtime_ns))
    return states
