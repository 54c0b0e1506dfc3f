"""The camera of the Webcam page: reads frames, draws the results, and keeps numbers for the page."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from fer_models.classifier import Classifier
from fer_models.errors import UserError
from fer_models.explain import EXPLAINERS, usual_method
from fer_models.explain.own_attention.maps import attention_maps
from fer_models.faces.detect import detect_faces
from fer_models.faces.face import Face
from fer_models.faces.image import check_min
from fer_models.video.live import History, Layer, LiveReader, read_still
from workbench.app import machine

#: Browser and app run on one computer, so no ICE server is needed.
RTC: dict[str, Any] = {"iceServers": []}
CAMERA = {
    "video": {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": 30, "max": 30}},
    "audio": False,
}
#: Readings per second on the timeline of a minute; more would not be visible.
_SHOWN = 8.0
#: Seconds that a frame waits for its reading before it is returned without one. streamlit-webrtc ends a stream for
#: good if its callback takes ten seconds or raises.
_LONGEST = 3.0
#: Unanswered connection checks, one every five seconds, before the connection is closed. The default of aioice, 6, ends
#: a stream if the computer is busy for half a minute; closing the page ends the stream anyway.
_MAX_FAILED_CHECKS = 36
_LOG = logging.getLogger(__name__)
_optimised: set[str] = set()
_optimised_lock = threading.Lock()
#: Messages of the stream, in place of the terse ones of streamlit-webrtc.
WORDS = {
    "start": "Start",
    "stop": "Stop",
    "device_ask_permission": "Allow the camera when the browser asks.",
    "device_access_denied": "The camera was refused. Allow it with the camera icon in the address bar, then press "
    "Start again, or take a single image.",
    "device_not_available": "There is no camera, or another program uses it. Connect or free it, then press Start.",
    "media_api_not_available": "The browser gives cameras only to pages on localhost or https; open the page there.",
}


def missing() -> str | None:
    """Which packages are missing, in a sentence; ``None`` if the live camera can run."""
    absent = [
        name for name, module in (("av", "av"), ("streamlit-webrtc", "streamlit_webrtc")) if not find_spec(module)
    ]
    if not absent:
        return None
    return f"The live camera needs {' and '.join(absent)}; install it with: pip install {' '.join(absent)}"


class Camera:
    """The camera of a session: its reader, and the callback of the stream.

    ``problem`` says why the last frame was not read; empty if it was.
    """

    def __init__(self, classifier: Classifier, layer: Layer):
        machine.limit_threads()
        optimise_once(classifier)
        self.reader = LiveReader(classifier, layer)
        self.problem = ""
        self.seen = False
        self._worker = ThreadPoolExecutor(1, "camera")
        self._reading: Future[np.ndarray] | None = None

    async def latest(self, frames: Sequence[Any]) -> list[Any]:
        """Read the latest of the ``av.VideoFrame`` since the last call and draw the result into it.

        Always returns a picture: the bare frame if the reading took too long or failed.
        """
        import av

        self.seen = True
        if self._reading is None:
            self._reading = self._worker.submit(self.reader.read, frames[-1].to_ndarray(format="rgb24"))
        await asyncio.wait([asyncio.wrap_future(self._reading)], timeout=_LONGEST)
        if not self._reading.done():
            self.problem = "This computer is too busy to read every image; the bare ones are shown meanwhile."
            return [frames[-1]]
        reading, self._reading = self._reading, None
        try:
            drawn = reading.result()
        except UserError as error:
            self.problem = str(error)
        except Exception:
            _LOG.exception("A frame of the camera could not be read")
            self.problem = "An image could not be read; the log of the app says why."
        else:
            self.problem = ""
            return [av.VideoFrame.from_ndarray(drawn, format="rgb24")]
        return [frames[-1]]


def tolerate_slow_answers() -> None:
    """Keep a connection alive while this computer is too busy to answer checks in time."""
    import aioice.ice

    aioice.ice.CONSENT_FAILURES = _MAX_FAILED_CHECKS


def optimise_once(classifier: Classifier) -> None:
    """Optimise the network in the background, once per network."""
    with _optimised_lock:
        if classifier.checkpoint.identity in _optimised:
            return
        _optimised.add(classifier.checkpoint.identity)
    classifier.optimise_later()


def thinned(history: History) -> History:
    """At most eight readings a second, the latest included."""
    if len(history.seconds) < 2:
        return history
    slots = np.floor(history.seconds * _SHOWN)
    last = np.flatnonzero(np.append(np.diff(slots) != 0, True))
    return History(history.seconds[last], history.raw[last], history.smoothed[last], history.classes)


@cache
def _blank(size: int) -> np.ndarray:
    return np.full((size, size, 1), 128, np.uint8)


def layers(classifier: Classifier) -> dict[Layer, str]:
    """What can be drawn over the largest face, with its title for this network."""
    return {"none": "Box only", "heatmap": EXPLAINERS[usual_method(classifier)].title, "attention": "Own attention"}


def has_attention(classifier: Classifier) -> bool:
    """Whether any attention module of the network has a spatial map."""
    batch = classifier.prepare([_blank(classifier.checkpoint.preprocess.size)])
    return any(module.overlay is not None for module in attention_maps(classifier, batch, 1))


def still(classifier: Classifier, image: np.ndarray, layer: Layer) -> tuple[np.ndarray, list[Face]]:
    """A picture of the camera with its faces marked, and the faces.

    Raises:
        UserError: If the picture is too small to hold a face.
    """
    check_min(image, name="the image")
    faces = detect_faces(image)
    return read_still(classifier, image, faces, layer), faces
