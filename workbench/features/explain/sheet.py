"""Several images on one sheet: the uploaded ones, or the drawn samples as an example."""

from __future__ import annotations

import streamlit as st

from workbench.face import image_input
from workbench.features.explain.model import sheet
from workbench.features.explain.model.sheet import Line
from workbench.features.explain.subject import Subject
from workbench.heatmap import view
from workbench.heatmap.model.drawing import Display
from workbench.widgets import downloads, job
from workbench.widgets import picture_grid as grid
from workbench.widgets.files import file_names
from workbench.widgets.picture_grid import Cell

_SIDE, _A_ROW = 84, 3


def show(subject: Subject, *, key: str) -> None:
    """Draw face, class, heatmap and verdict of every image, with their files.

    Raises:
        UserError: If the question cannot be answered with this network.
    """
    question, display = view.controls(subject.classifier)
    pictures, own = image_input.all_pictures()
    if not own:
        st.caption("Upload several images to compare them here. These are the drawn samples.")
    classifier = subject.classifier
    lines = job.result(
        ("sheet", subject.checkpoint.identity, tuple(picture.digest for picture in pictures), question),
        f"{len(pictures)} images for {subject.checkpoint.name}",
        lambda progress: sheet.read(classifier, pictures, question, progress),
        lane="short",
        key=f"{key} sheet",
    )
    if lines is None:
        return
    file_names.about(image=f"{len(lines)} images")
    _grid(lines, display)
    title = f"{len(lines)} images, {subject.checkpoint.name}"
    name = f"sheet-{question.method}-{question.target or 'most-probable'}"
    with st.container(horizontal=True):
        downloads.button("Sheet, PNG", lambda: sheet.sheet_png(lines, display, title), f"{name}.png", key=f"{key} png")
        downloads.show(sheet.COLUMNS, sheet.table(lines), f"{name}.csv", key=f"{key} csv")
        downloads.button(
            "All, ZIP",
            lambda: sheet.archive(lines, display, classifier, title),
            f"{name}.zip",
            key=f"{key} zip",
            help="The sheet, the table, and PNG and .npy of every heatmap.",
        )
    st.caption(
        "The largest face of each image. The verdict compares each heatmap with a few random ones; the tab Trust "
        "tests one image with all of them."
    )


def _grid(lines: list[Line], display: Display) -> None:
    cards = list(zip(lines, sheet.tiles(lines, display), strict=True))
    for first in range(0, len(cards), _A_ROW):
        row = enumerate(cards[first : first + _A_ROW], first + 1)
        for column, (number, (line, (face, heat))) in zip(st.columns(_A_ROW), row, strict=False):
            with column, st.container(border=True, gap="xsmall"):
                st.markdown(f"**{line.answer}**")
                cells = [Cell(face, "", f"The face of {line.title}")]
                if line.look is not None:
                    cells.append(Cell(heat, "", f"{line.look.title} over the face"))
                label = f"Face and heatmap of image {number}, {line.title}"  # two may have the same title
                grid.show([grid.Row("", "", cells)], side=_SIDE, label=label)
                st.caption(" · ".join(filter(None, (line.title, line.verdict))))
