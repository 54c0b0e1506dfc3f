"""The answer that Home opens with, computed when the server starts: a browser that opens finds it.

Then, whenever no page is drawn and no job is under way, the other networks are loaded, since “the same face in several
networks” asks all of them, and t-SNE is imported.
"""

from __future__ import annotations

import contextlib
import importlib
import time

from fer_models.crop import crop_for
from fer_models.data.builtin import NAME as BUILT_IN
from fer_models.errors import UserError
from fer_models.explain.trust.card import QUICK_MAPS
from workbench import cache
from workbench.app import fit, inventory, jobs, machine
from workbench.face import cached as face_cached
from workbench.face import image_input
from workbench.face.model import samples
from workbench.heatmap import cached
from workbench.heatmap.model.look import Question

#: Seconds without a page being drawn before the next network is loaded.
_PAUSE = 0.3


def prepare() -> None:
    """Load the libraries and the network, and explain the first sample.

    Raises:
        UserError: If the network cannot be loaded.
    """
    sample = next(iter(samples.titles()))
    images = BUILT_IN if samples.drawn(sample) else None
    network = fit.answering(inventory.usable(inventory.trained_networks()), images)
    if network is None or network.checkpoint is None:
        return
    checkpoint = network.checkpoint
    picture = image_input.of_sample(sample)
    for face in face_cached.faces(picture.digest, picture.pixels)[:1]:
        crop = crop_for(picture.pixels, face, checkpoint.preprocess)
        cached.trust(checkpoint, crop.pixels, Question(), QUICK_MAPS)


def load_networks() -> None:
    """Load the trained networks one after the other, the smallest first; a damaged one is left to the pages.

    Then import t-SNE, which takes a second.
    """
    found = inventory.without_folds(inventory.usable(inventory.trained_networks()).values(), set())
    checkpoints = [network.checkpoint for network in found if network.checkpoint is not None]
    for checkpoint in sorted(checkpoints, key=lambda each: each.size)[: cache.NETWORKS]:
        _wait()
        with contextlib.suppress(UserError):
            cache.classifier(checkpoint)
    _wait()
    importlib.import_module("openTSNE")


def _wait() -> None:
    """Until no page is drawn and no job is under way."""
    machine.wait_until_idle(_PAUSE)
    while jobs.under_way():
        time.sleep(_PAUSE)
        machine.wait_until_idle(_PAUSE)
