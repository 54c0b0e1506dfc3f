"""What a person does with runs in lists: give one a name, hide it, delete it.

The label lies in the run folder as ``label.json``, so it goes wherever the folder goes.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from typing import Annotated

from pydantic import Field

from fer_models.errors import UserError
from fer_models.settings import checked, stored_or_none
from fer_models.storage import locked, set_aside
from fer_models.training.runs.run import Run, write_text

_FILE = "label.json"
_LONGEST = 80


@checked("label.json", extra="ignore")
class Label:
    """Name and place of a run in lists.

    Args:
        title: The name that a person gave it; empty for none.
        hidden: Whether lists leave it out.
    """

    title: Annotated[str, Field(max_length=_LONGEST)] = ""
    hidden: bool = False


def label_of(run: Run) -> Label:
    """The label of a run; a run without one, or with a damaged one, has neither name nor is it hidden."""
    return stored_or_none(run.folder / _FILE, Label) or Label()


def set_title(run: Run, title: str) -> None:
    """Give a run a name for people; its id stays.

    Args:
        run: The run.
        title: Its name, at most 80 characters in one line; empty to take the name away.

    Raises:
        UserError: If the name is too long or has line breaks, or the disk is full.

    Example:
        >>> from fer_models.training.recipe import Recipe
        >>> from fer_models.training.runs.run import create_run
        >>> run = create_run(Recipe(epochs=1))
        >>> set_title(run, "small learning rate")
        >>> label_of(run).title
        'small learning rate'
    """
    title = title.strip()
    if len(title) > _LONGEST or not title.isprintable():
        raise UserError(f"A run's name has at most {_LONGEST} characters, in one line.")
    _write(run, dataclasses.replace(label_of(run), title=title))


def hide(run: Run, *, hidden: bool = True) -> None:
    """Leave a run out of lists, or show it again; its files stay.

    Args:
        run: The run.
        hidden: Whether it is left out.

    Raises:
        UserError: If the disk is full.
    """
    _write(run, dataclasses.replace(label_of(run), hidden=hidden))


def delete(run: Run) -> None:
    """Delete a run's folder with its weights, curves and log.

    Args:
        run: A run that no process works on.

    Raises:
        UserError: If it waits or is at work, or the folder cannot be removed.
    """
    status = run.status()
    if status.active:
        raise UserError(f"The run {run.id} is {status.state}; cancel it first.")
    try:
        with locked(run.folder / ".worker.lock", timeout=0):
            removed = set_aside(run.folder)  # a folder with a leading dot is no run
        shutil.rmtree(removed)
    except TimeoutError:
        raise UserError(f"A process is still working on the run {run.id}; cancel it first.") from None
    except OSError as error:
        raise UserError(f"The run {run.id} could not be deleted ({error.strerror}).") from None


def _write(run: Run, label: Label) -> None:
    write_text(run.folder / _FILE, json.dumps(dataclasses.asdict(label)))
