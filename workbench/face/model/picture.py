"""An image with its title: an upload, a photograph of the camera, a sample, or a row of a data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.app.wording import slug


@dataclass(frozen=True)
class Picture:
    """A picture with its title and digest.

    Args:
        title: for its caption.
        pixels: uint8 RGB (H, W, 3).
        digest: identity of the pixels.
        is_face: already cut to the face, like the rows of data sets.
        sample: its key among the samples, if it is a drawn one.
    """

    title: str
    pixels: np.ndarray
    digest: str
    is_face: bool = False
    sample: str | None = None

    @property
    def file_part(self) -> str:
        """What names it in file names; two photographs of one name differ in it."""
        if self.sample is not None:
            return self.sample.removeprefix("drawn-")
        return f"{slug(self.title.rsplit('.', 1)[0])[:32]}-{self.digest[:6]}"
