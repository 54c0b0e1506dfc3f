"""A lesson as one self-contained HTML page for the printer: questions and pictures first, answers on the last page."""

from __future__ import annotations

import datetime
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.app import pictures

if TYPE_CHECKING:
    from jinja2 import Template

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Part:
    """One step on the sheet.

    Args:
        title: With its number.
        lesson: Title of its lesson.
        question: To the class, Markdown.
        task: What to do, Markdown.
        pictures: Caption and uint8 (H, W, 3) of each picture; empty for a step that was not opened.
        facts: Figures that were seen.
        conclusion: The answer, Markdown; empty for a step that was not opened.
    """

    title: str
    lesson: str
    question: str
    task: str
    pictures: Sequence[tuple[str, np.ndarray]] = ()
    facts: Sequence[str] = ()
    conclusion: str = ""


def page(parts: Sequence[Part], made: datetime.date | None = None) -> str:
    """The page as text, to be saved as UTF-8; it loads nothing.

    Args:
        parts: The steps, in order.
        made: Date of the sheet, today by default.
    """
    steps = [
        {
            "title": part.title,
            "lesson": part.lesson if not number or parts[number - 1].lesson != part.lesson else "",
            "question": markup(part.question),
            "task": markup(part.task),
            "pictures": [{"caption": caption, "address": pictures.uri(array)} for caption, array in part.pictures],
            "facts": part.facts,
            "conclusion": markup(part.conclusion),
        }
        for number, part in enumerate(parts)
    ]
    made = made or datetime.date.today()
    style = (_FOLDER / "sheet.css").read_text("utf-8")
    return str(_template().render(steps=steps, made=made.isoformat(), style=style))


def markup(text: str) -> str:
    """Paragraphs and bold type of Markdown as HTML, everything else as it is written."""
    bold = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html.escape(text))
    paragraphs = [part.strip() for part in bold.split("\n\n") if part.strip()]
    return "".join(f"<p>{part}</p>" for part in paragraphs)


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("sheet.html")
