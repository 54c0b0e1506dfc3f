"""The Video and Webcam pages under a real mouse, with Chromium's fake camera showing a drawn face."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from app_server import ARGUMENTS, CHROMIUM, PATIENCE, ROOT, Server, expect, is_strange, settle, steady

from fer_models.video.annotate import encode_webm
from fer_models.video.drawn import DrawnVideo

pytestmark = pytest.mark.browser
av: Any = pytest.importorskip("av")
_PLAYED = "() => { const v = document.querySelector('video'); return v && v.readyState >= 2 && v.videoWidth > 0; }"
_PLACE = """seconds => {
  const graph = document.querySelector(".js-plotly-plot"), frame = graph.getBoundingClientRect();
  const axis = graph._fullLayout.xaxis, up = graph._fullLayout.yaxis;
  return [frame.left + axis._offset + axis.d2p(seconds), frame.top + up._offset + up.d2p(62)];
}"""
_ALLOW = "allow it with the camera icon in the address bar"


@pytest.fixture(scope="module")
def drawn_network(server: Server) -> Iterator[str]:
    """The network that knows drawn faces, among those of the running app."""
    target = server.base / "checkpoints" / "drawn"
    shutil.copytree(ROOT / "checkpoints" / "fcsdnet-synthetic", target)
    yield "drawn"
    shutil.rmtree(target)


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the fake camera shows: a drawn face, happy then angry, as Motion JPEG."""
    drawn = DrawnVideo(expressions=("happy", "angry"), hold=4.0, fps=15, width=640, height=480)
    path = tmp_path_factory.mktemp("camera") / "face.mjpeg"
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=15)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        stream.codec_context.thread_count = 1
        for frame in drawn.frames():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    path.write_bytes(buffer.getvalue())
    return path


@pytest.fixture
def filmed(browser: Any, server: Server, camera: Path) -> Iterator[Any]:
    """A browser of its own with the fake camera; nothing may be fetched from another host."""
    arguments = [*ARGUMENTS, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    own = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*arguments, f"--use-file-for-fake-video-capture={camera}"]
    )
    page = own.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    strangers: list[str] = []
    page.on("request", lambda r: strangers.append(r.url) if is_strange(r.url, server.url) else None)
    yield page
    own.close()
    assert not strangers, f"the page asked other hosts: {strangers}"


def test_a_click_on_the_timeline_shows_that_moment(page: Any, server: Server, drawn_network: str) -> None:
    page.goto(f"{server.url}/video?checkpoint={drawn_network}")
    page.get_by_text("The whole video").wait_for(timeout=4 * PATIENCE)
    settle(page)
    plot = page.locator(".js-plotly-plot").first
    plot.locator(".nsewdrag").first.wait_for(state="attached")
    for seconds, name in ((2.1, "happy"), (6.3, "sad")):
        plot.scroll_into_view_if_needed()
        page.mouse.click(*steady(page, _PLACE, seconds))
        page.get_by_text(f"The class is “{name}”").wait_for()
        settle(page)
    page.get_by_role("button", name="Make the video with boxes").click()
    page.locator("video").wait_for(timeout=4 * PATIENCE)
    page.wait_for_function(_PLAYED)


def test_an_upload_is_read_and_a_bad_one_gets_a_sentence(page: Any, server: Server, drawn_network: str) -> None:
    page.goto(f"{server.url}/video?checkpoint={drawn_network}")
    settle(page, 240_000)
    short = DrawnVideo(expressions=("sad", "happy"), hold=0.8, fps=10)
    chooser = page.locator("input[type=file]").first
    chooser.set_input_files({"name": "two.webm", "mimeType": "video/webm", "buffer": encode_webm(short.frames(), 10)})
    page.get_by_text("two.webm · ").wait_for()
    page.get_by_text("16 frames read").wait_for(timeout=4 * PATIENCE)
    settle(page)
    page.reload()  # the upload is kept in the memory of the server
    page.get_by_text("two.webm · ").wait_for()
    settle(page)
    chooser.set_input_files({"name": "bad.mp4", "mimeType": "video/mp4", "buffer": b"\0\0\0\x18ftypisom"})
    page.get_by_text(re.compile("bad.mp4.*damaged or cut off")).wait_for()


def test_the_camera_is_read_live_and_the_network_can_be_switched(
    filmed: Any, server: Server, drawn_network: str
) -> None:
    filmed.goto(f"{server.url}/webcam?checkpoint={drawn_network}")
    settle(filmed)
    expect(filmed.get_by_text("Nothing is stored")).to_have_count(1)
    stream = filmed.frame_locator("iframe").first
    stream.get_by_role("button", name=re.compile("start", re.I)).click()
    filmed.get_by_text(re.compile("frames a second · .* ms a frame")).wait_for()
    filmed.get_by_text(re.compile("The class is “(happy|angry)”")).wait_for()
    filmed.get_by_text("LayerCAM", exact=True).click()
    filmed.get_by_text(re.compile("The class is “(happy|angry)”")).wait_for()
    expect(stream.get_by_role("button", name=re.compile("stop", re.I))).to_have_count(1)  # it went on


def test_a_refused_camera_gets_a_sentence(browser: Any, server: Server, drawn_network: str) -> None:
    refusing = ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]
    own = browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *refusing])
    page = own.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{server.url}/webcam?checkpoint={drawn_network}")
    settle(page)
    expect(page.get_by_text(_ALLOW)).to_have_count(1)
    stream = page.frame_locator("iframe").first
    stream.get_by_role("button", name=re.compile("start", re.I)).click()
    stream.get_by_text("NotAllowedError").wait_for()
    expect(stream.get_by_role("button", name=re.compile("stop", re.I))).to_have_count(0)
    expect(page.get_by_text(_ALLOW)).to_have_count(1)
    own.close()
