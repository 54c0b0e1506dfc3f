"""What a step of a lesson is, what it gets, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from streamlit.delta_generator import DeltaGenerator

from fer_models.checkpoint import Checkpoint
from fer_models.crop import Crop
from workbench.face.model.picture import Picture
from workbench.heatmap.model.drawing import Display

#: How a heatmap lies over the face in a lesson, and the side of both in pixels.
DISPLAY, SIDE = Display(opacity=0.6), 192


@dataclass(frozen=True)
class Scene:
    """What all steps share.

    Args:
        picture: The picture that was chosen.
        crop: Its largest face, as the network gets it.
        checkpoint: The network that reads the face: that of the address, else one trained on drawings for a drawn face
            and on photographs for others.
        drawn: The network that reads the built-in faces: the same one if it learned from them, else the best of those.
        controls: Where a step puts its controls, below its task.
        scale: How much larger than usual the type is.
        dark: Whether the page has a dark theme.
    """

    picture: Picture
    crop: Crop
    checkpoint: Checkpoint
    drawn: Checkpoint
    controls: DeltaGenerator
    scale: float = 1.0
    dark: bool = False

    @property
    def pixels(self) -> np.ndarray:
        """The crop, uint8 (S, S, C)."""
        return self.crop.pixels

    @property
    def address(self) -> dict[str, str]:
        """Choices that open the face and its network on another page; a picture that is no sample is kept anyway."""
        sample = {} if self.picture.sample is None else {"sample": self.picture.sample}
        return {"checkpoint": self.checkpoint.name, **sample}


@dataclass(frozen=True)
class Answer:
    """What a step showed.

    Args:
        conclusion: What can be concluded, Markdown; empty while the class still has to answer.
        pictures: Caption and uint8 (H, W, 3) of each picture, for the sheet.
        facts: Sentences with the figures that were seen, for the sheet.
        page: Page that shows more, if any.
        label: Words of the link to it.
        query: Choices in its address.
    """

    conclusion: str = ""
    pictures: tuple[tuple[str, np.ndarray], ...] = ()
    facts: tuple[str, ...] = ()
    page: str = ""
    label: str = ""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One step: a question to the class, one thing to do, and what it shows.

    Args:
        key: In the address.
        lesson: Title of the lesson that it belongs to.
        title: A few words.
        question: To the class.
        task: What to do, one or two sentences.
        show: Draws controls and answer; ``None`` while something is computed.
    """

    key: str
    lesson: str
    title: str
    question: str
    task: str
    show: Callable[[Scene], Answer | None]
