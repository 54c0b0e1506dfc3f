"""Several images at once: the largest face of each, its class, its heatmap and the verdict on the heatmap."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fer_models.classifier import Classifier
from fer_models.crop import crop_for
from fer_models.errors import UserError
from fer_models.explain.trust.card import QUICK_MAPS, TrustCard
from fer_models.faces.turn import find_faces
from fer_models.faces.whole import whole_face
from fer_models.progress import Progress
from fer_models.tables import csv_text
from workbench.app.wording import percent
from workbench.face.model.picture import Picture
from workbench.heatmap.model import drawing, printed
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Look, Question

COLUMNS = ("image", "files", "class", "probability", "explained", "method", "layer", "verdict", "why", "random maps")
#: Words for the three levels of a trust card.
VERDICTS = {"good": "Can be believed", "doubtful": "Doubtful", "bad": "Not to be believed"}
_SIDE = 168


@dataclass(frozen=True)
class Line:
    """One image.

    Args:
        title: Its file name or title.
        name: For file names; no two of a sheet are alike.
        pixels: The face as the network gets it, uint8 (S, S, C); ``None`` where no face was found.
        look: Prediction and heatmap.
        card: The verdict, from few random maps.
        problem: Why there is no answer, one sentence.
    """

    title: str
    name: str
    pixels: np.ndarray | None = None
    look: Look | None = None
    card: TrustCard | None = None
    problem: str = ""

    @property
    def answer(self) -> str:
        """Class and probability in words."""
        if self.look is None:
            return self.problem
        name, probability = self.look.prediction.ranked()[0]
        return f"{name} {percent(probability)}"

    @property
    def verdict(self) -> str:
        """The verdict in words; empty where there is none."""
        return "" if self.card is None else VERDICTS[self.card.level]


def read(classifier: Classifier, pictures: Sequence[Picture], question: Question, progress: Progress) -> list[Line]:
    """Read the images one after the other; what cannot be read says why.

    Args:
        classifier: The network.
        pictures: The images.
        question: What to explain; without a class, the most probable one of each image.
        progress: Called with the fraction done and a message.
    """
    lines = []
    for number, (picture, title) in enumerate(zip(pictures, _titles(pictures), strict=True), 1):
        progress((number - 1) / len(pictures), f"image {number} of {len(pictures)}")
        line = Line(title, f"{number:02d}-{picture.file_part}")
        try:
            lines.append(_answered(line, classifier, picture, question))
        except UserError as error:
            lines.append(replace(line, problem=str(error)))
    return lines


def _titles(pictures: Sequence[Picture]) -> list[str]:
    """Titles of the images, with a number where several have the same."""
    titles = [picture.title for picture in pictures]
    return [
        f"{title} ({titles[: place + 1].count(title)})" if titles.count(title) > 1 else title
        for place, title in enumerate(titles)
    ]


def _answered(line: Line, classifier: Classifier, picture: Picture, question: Question) -> Line:
    faces = [whole_face(picture.pixels)] if picture.is_face else find_faces(picture.pixels)
    if not faces:
        return replace(line, problem="No face was found.")
    pixels = crop_for(picture.pixels, faces[0], classifier.checkpoint.preprocess).pixels
    look = look_model.look(classifier, pixels, question)
    quick = look_model.trust(classifier, pixels, look.attribution, QUICK_MAPS)
    card = look_model.continued(classifier, pixels, look.attribution, quick)
    return replace(line, pixels=pixels, look=look, card=card)


def tiles(lines: Sequence[Line], display: Display) -> list[tuple[np.ndarray, np.ndarray]]:
    """Face and heatmap of each image, uint8 (168, 168, 3); grey where there is none."""
    blank = np.full((_SIDE, _SIDE, 3), 200, np.uint8)
    return [
        (blank, blank)
        if line.pixels is None or line.look is None
        else (
            drawing.fitted(drawing.face(line.pixels, _SIDE), _SIDE),
            drawing.fitted(drawing.over_face(line.pixels, line.look.attribution, display, _SIDE), _SIDE),
        )
        for line in lines
    ]


def table(lines: Sequence[Line]) -> list[tuple[object, ...]]:
    """Cells for :data:`COLUMNS`: how the names of an image's files begin, and the probability of its class."""
    rows: list[tuple[object, ...]] = []
    for line in lines:
        if line.look is None or line.card is None:
            rows.append((line.title, "", "", "", "", "", "", "", line.problem, ""))
            continue
        (name, probability), found = line.look.prediction.ranked()[0], line.look.attribution
        method, layer = found.method, found.layer or ""
        answer = (line.title, line.name, name, probability, line.look.explained, method, layer)
        rows.append((*answer, line.verdict, line.card.sentence, line.card.maps))
    return rows


def sheet_png(lines: Sequence[Line], display: Display, title: str) -> bytes:
    """Face, heatmap, class and verdict of every image on one page."""
    rows = [
        ([line.title, line.answer, line.verdict, "" if line.look is None else line.look.title], list(pictures))
        for line, pictures in zip(lines, tiles(lines, display), strict=True)
    ]
    return drawing.sheet_png(rows, title, display.words)


def archive(lines: Sequence[Line], display: Display, classifier: Classifier, title: str) -> bytes:
    """All of it as a ZIP: the sheet, the table, and PNG and values of every heatmap."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("sheet.png", sheet_png(lines, display, title))
        files.writestr("sheet.csv", csv_text(COLUMNS, table(lines)))
        for line in lines:
            if line.look is None or line.pixels is None:
                continue
            stem = f"{line.name}-{classifier.checkpoint.name}-{line.look.attribution.method}-{line.look.target}"
            files.writestr(f"{stem}.png", printed.png(line.pixels, line.look, display, classifier.checkpoint))
            files.writestr(f"{stem}.npy", look_model.raw(line.look.attribution))
    return buffer.getvalue()
