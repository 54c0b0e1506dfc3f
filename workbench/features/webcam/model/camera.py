"""The camera's side of the Webcam page: frames in, drawn frames out, and numbers for the page."""

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
from fer_models.explain import EXPLAINERS, USUAL_METHOD
from fer_models.explain.own_attention.maps import attention_maps
from fer_models.faces.detect import detect_faces
from fer_models.faces.face import Face
from fer_models.faces.image import check_min
from fer_models.video.live import History, Layer, LiveReader, read_still
from workbench.app import machine

#: No server helps two programs on one computer to find each other, and none is asked.
RTC: dict[str, Any] = {"iceServers": []}
CAMERA = {
    "video": {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": 30, "max": 30}},
    "audio": False,
}
LAYERS: dict[Layer, str] = {"none": "Box only", "heatmap": EXPLAINERS[USUAL_METHOD].title, "attention": "Own attention"}
#: More readings a second than this are not seen on a timeline of a minute.
_SHOWN = 8.0
#: Seconds that a frame waits for its reading before it passes without one. streamlit-webrtc ends a stream for good
#: where the reading takes ten seconds or raises anything.
_LONGEST = 3.0
#: Checks, one in five seconds, that may go unanswered before a connection is given up. aioice's own 6 end a stream on
#: a computer that is busy for half a minute; a closed page ends its stream by itself.
_PATIENCE = 36
_LOG = logging.getLogger(__name__)
_quickened: set[str] = set()
_guard = threading.Lock()
#: The stream's own words where the browser gives no camera, in place of terse ones.
WORDS = {
    "start": "Start",
    "stop": "Stop",
    "device_ask_permission": "Allow the camera in the browser's question.",
    "device_access_denied": "The camera was refused. Allow it with the camera sign in the address bar, then press "
    "Start again, or take a single picture.",
    "device_not_available": "There is no camera, or another program uses it. Connect or free it, then press Start.",
    "media_api_not_available": "The browser gives cameras only to pages on localhost or https; open the page there.",
}


def missing() -> str | None:
    """What is not installed, in a sentence; ``None`` where the live camera can work."""
    absent = [
        name for name, module in (("av", "av"), ("streamlit-webrtc", "streamlit_webrtc")) if not find_spec(module)
    ]
    if not absent:
        return None
    return f"The live camera needs {' and '.join(absent)}; install it with: pip install {' '.join(absent)}"


class Camera:
    """One session's camera: its reader, and what the stream calls with its frames.

    ``problem`` is what kept the last frame from being read, in a sentence; empty where nothing did.
    """

    def __init__(self, classifier: Classifier, layer: Layer):
        machine.limit_threads()
        quicken(classifier)
        self.reader = LiveReader(classifier, layer)
        self.problem = ""
        self.seen = False
        self._worker = ThreadPoolExecutor(1, "camera")
        self._reading: Future[np.ndarray] | None = None

    async def latest(self, frames: Sequence[Any]) -> list[Any]:
        """Of the ``av.VideoFrame`` that came since the last call, the latest one with what was read of it.

        Whatever happens to the reading, a picture comes back: the frame itself where it took too long or failed.
        """
        import av

        self.seen = True
        if self._reading is None:
            self._reading = self._worker.submit(self.reader.read, frames[-1].to_ndarray(format="rgb24"))
        await asyncio.wait([asyncio.wrap_future(self._reading)], timeout=_LONGEST)
        if not self._reading.done():
            self.problem = "This computer is too busy to read every picture; the bare ones are shown meanwhile."
            return [frames[-1]]
        reading, self._reading = self._reading, None
        try:
            drawn = reading.result()
        except UserError as error:
            self.problem = str(error)
        except Exception:
            _LOG.exception("A frame of the camera could not be read")
            self.problem = "A picture could not be read; the log of the app says why."
        else:
            self.problem = ""
            return [av.VideoFrame.from_ndarray(drawn, format="rgb24")]
        return [frames[-1]]


def be_patient() -> None:
    """Let a connection outlive minutes in which this computer is too busy to answer in time."""
    import aioice.ice

    aioice.ice.CONSENT_FAILURES = _PATIENCE


def quicken(classifier: Classifier) -> None:
    """Let the network look for its fastest way of computing, once, while the first frames pass."""
    with _guard:
        if classifier.checkpoint.identity in _quickened:
            return
        _quickened.add(classifier.checkpoint.identity)
    classifier.optimise_later()


def thinned(history: History) -> History:
    """At most eight readings a second, the latest included."""
    if len(history.seconds) < 2:
        return history
    slots = np.floor(history.seconds * _SHOWN)
    kept = np.flatnonzero(np.append(np.diff(slots) != 0, True))
    return History(history.seconds[kept], history.raw[kept], history.smoothed[kept], history.classes)


@cache
def _blank(size: int) -> np.ndarray:
    return np.full((size, size, 1), 128, np.uint8)


def has_attention(classifier: Classifier) -> bool:
    """Whether the network attends over places at all."""
    batch = classifier.prepare([_blank(classifier.checkpoint.preprocess.size)])
    return any(found.overlay is not None for found in attention_maps(classifier, batch, 1))


def still(classifier: Classifier, image: np.ndarray, layer: Layer) -> tuple[np.ndarray, list[Face]]:
    """A picture of the camera with its faces drawn in, and the faces.

    Raises:
        UserError: If the picture is too small to hold a face.
    """
    check_min(image, name="the picture")
    faces = detect_faces(image)
    return read_still(classifier, image, faces, layer), faces
