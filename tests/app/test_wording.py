"""Words that were replaced do not come back: no text of the app, of a command or of a docstring has them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: What read as if translated, or is not the field's word; the better words are in the places that had them.
REPLACED = (
    "Something unforeseen",
    "later visits find",
    "was not asked about",
    "Looks at each image",
    "one look at each image",
    "The camera saves",
    "Put into this cell by",
    "where covers lie",
    "As it was",
    "In a sentence",
    "while the network forgets",
    "Rolled through the layers",
    "The likest",
    "Not at hand",
    "at hand.",
    "Its record, to mark it",
    "All that is known of it",
    "what comes and goes",
    "Circle faces",
    "this split alone",
    "In space",
    "reads rightly is lost",
    "Dealing the class names",
    "looks beside the face",
    "No image fits",
    "too timid",
    "too sure",
    "One look",
    "What is here, and where",
    "quicken",
    "those that come meanwhile",
    "other skin",
    "channels by falling gate",
    "· selected on",
    "waiting for another job",
    "drawn by this project",
    "Get the better detector",
    "which the data set has not",
    "in a process of their own",
    "Minutes on a CPU",
    "breaks first under",
    "in sight**",
    "Who looks how",
    "What does it mistake for what",
    "how surely",
    "Faces besides",
    "is circled on one map",
    "confused ones together",
    "the surest errors first",
    "as in the set",
    "Where it saw both",
    "What it finds alike",
    "Ask the nearest",
    "Networks beside it",
    "Right answers too",
    "camera sign",
    "look to the camera",
    "written nowhere",
    "told the labels",
    "on a quiet computer",
    "with so few images",
    "for half an hour",
    "Go on with a run",
    "Bring a network of another program",
)

_OLD = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, REPLACED)) + ")")


def texts(root: Path, *, docstrings: bool = True) -> Iterator[tuple[str, str]]:
    """Every string of the code, f-strings in pieces, with its file and line; with or without docstrings."""
    for top in ("fer_models", "workbench", "pages"):
        for path in sorted((root / top).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            alone = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and (docstrings or node not in alone):
                    yield f"{path.relative_to(root)}:{node.lineno}", node.value


def test_no_replaced_words_are_left() -> None:
    found = [f"{place}: {words[0]}" for place, text in texts(ROOT) if (words := _OLD.search(text))]
    assert found == []


def test_a_reader_meets_images_not_pictures() -> None:
    prose = re.compile(r"\bpictures?\b(?!\S*[=(])", re.IGNORECASE)
    found = [
        f"{place}: {text[:60]}" for place, text in texts(ROOT, docstrings=False) if " " in text and prose.search(text)
    ]
    assert found == []


#: Phrases in errors, warnings and help that read as if translated. Better: "is not a ...", "free some disk space",
#: "choose one of: ...", "split it", "separated by commas", "maximum number of ...", "every Nth", "saved".
_TRANSLATED = re.compile(
    r"(?<!here )(?<!where )\b(?:is|are) no (?!longer|more\b|such\b|less\b)|\bis none of\b|; known are\b"
    r"|\bmake room\b|; divide it\b|(?<!Separate values )\bwith commas\b|\bdivided by commas|\bstands? beside it"
    r"|\bat most so many|\beach N-th|\bno class is common|(?:^|\. )[Ss]ay (?:which|where|what to)\b"
    r"|\bNobody can be asked|\bcould not be kept\b|\bfetch the (?:list|data) again"
)


def test_messages_do_not_read_as_if_translated() -> None:
    found = [
        f"{place}: {words[0]} in {text[:60]}"
        for place, text in texts(ROOT, docstrings=False)
        if (words := _TRANSLATED.search(text))
    ]
    assert found == []


def test_a_replaced_word_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "planted.py").write_text('print(f"{3} faces: The likest of them")\n')
    assert [text for _, text in texts(tmp_path) if "The likest" in text] == [" faces: The likest of them"]
