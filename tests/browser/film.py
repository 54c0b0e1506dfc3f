"""The README's film: the running app as a visitor uses it, as an animated WebP of about twenty seconds.

Frames are screenshots, each shown for as long as a viewer needs; a drawn pointer and a line of text say what is done.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from app_server import settle, steady
from PIL import Image

#: Window, size of the film, and the largest file, in bytes.
WINDOW, SIZE, LARGEST = (1280, 720), (960, 540), 2_000_000
_SLOWEST = 300_000
_POINTER = """([x, y]) => {
  let dot = document.getElementById('film-pointer');
  if (!dot) {
    dot = document.createElement('div');
    dot.id = 'film-pointer';
    dot.style.cssText = 'position:fixed;z-index:1000001;width:26px;height:26px;border-radius:50%;pointer-events:none;' +
      'border:3px solid #fff;background:#C4480A;opacity:.85;transform:translate(-50%,-50%);box-shadow:0 0 4px #0008';
    document.body.append(dot);
  }
  dot.style.left = x + 'px';
  dot.style.top = y + 'px';
}"""
_TITLE = """text => {
  let line = document.getElementById('film-title');
  if (!line) {
    line = document.createElement('div');
    line.id = 'film-title';
    line.style.cssText = 'position:fixed;z-index:1000000;left:0;right:0;bottom:0;padding:12px 24px;color:#fff;' +
      'background:#14181Be0;font:600 24px "Source Sans",sans-serif;text-align:center;pointer-events:none';
    document.body.append(line);
  }
  line.textContent = text;
}"""
#: Where a cell of the matrix lies on the screen.
_CELL = """([row, column]) => {
  const plot = document.querySelector('.js-plotly-plot'), box = plot.getBoundingClientRect();
  const {xaxis, yaxis} = plot._fullLayout;
  return [box.x + xaxis._offset + xaxis.l2p(column), box.y + yaxis._offset + yaxis.l2p(row)];
}"""


class Film:
    """Frames with the milliseconds that each is shown."""

    def __init__(self, page: Any):
        self.page = page
        self.frames: list[tuple[Image.Image, int]] = []
        self._title = ""
        self._pointer = (WINDOW[0] / 2, WINDOW[1] / 2)

    def shoot(self, milliseconds: int) -> None:
        """Take the window as it is now."""
        self.page.evaluate(_TITLE, self._title)
        self.page.evaluate(_POINTER, list(self._pointer))
        picture = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        self.frames.append((picture.resize(SIZE, Image.Resampling.LANCZOS), milliseconds))

    def go(self, address: str, title: str, milliseconds: int = 1400) -> None:
        """Open a page, wait until it rests, and show it."""
        self.page.goto(address)
        settle(self.page, _SLOWEST, quiet=2500)
        self.title(title)
        self._pointer = (WINDOW[0] - 60, WINDOW[1] - 110)
        self.shoot(milliseconds)

    def title(self, text: str) -> None:
        """What the frames from here on say."""
        self._title = text

    def scroll(self, pixels: int, milliseconds: int) -> None:
        """Scroll down in a few frames and show the result."""
        main = self.page.get_by_test_id("stMain")
        for _ in range(3):
            main.evaluate("(main, by) => main.scrollBy(0, by)", pixels / 3)
            self.shoot(110)
        settle(self.page, _SLOWEST)
        self.shoot(milliseconds)

    def point(self, x: float, y: float) -> None:
        """Move the pointer there in a few frames."""
        from_x, from_y = self._pointer
        for part in (0.35, 0.7, 1.0):
            self._pointer = (from_x + part * (x - from_x), from_y + part * (y - from_y))
            self.shoot(110)

    def click(self, target: Any, milliseconds: int = 1600) -> None:
        """Point at an element or a place, click, and show the result once it rests."""
        if isinstance(target, list):
            x, y = target
        else:
            target.scroll_into_view_if_needed()
            box = target.bounding_box()
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.point(x, y)
        self.page.mouse.click(x, y)
        settle(self.page, _SLOWEST, quiet=2500)
        self.shoot(milliseconds)

    def save(self, file: Path) -> None:
        """Write the film, as good as its size allows."""
        pictures, times = zip(*self.frames, strict=True)
        for quality in (80, 70, 60, 50, 40, 30):
            pictures[0].save(
                file, save_all=True, append_images=pictures[1:], duration=list(times), loop=0, quality=quality, method=6
            )
            if file.stat().st_size <= LARGEST:
                break
        print(f"{file.name}: {sum(times) / 1000:.1f} s, {file.stat().st_size / 1e6:.2f} MB, quality {quality}")


def record(page: Any, url: str, file: Path) -> None:
    """Record the film: a face, its heatmap, several networks, confusion down to its faces, and a lesson."""
    film = Film(page)
    main = page.get_by_test_id("stMain")
    film.go(url, "Pick a face, or drop a photograph", 1600)
    film.click(main.get_by_role("button", name="Drawn face, surprise"), 1500)
    film.click(main.get_by_role("button", name="astronaut"), 1200)
    film.go(f"{url}/explain?sample=astronaut", "Where does the network look?", 600)
    film.scroll(180, 1700)
    film.go(f"{url}/explain?sample=astronaut&tab=networks", "The same face in several networks", 600)
    film.scroll(360, 2200)
    confusion = "confusion?checkpoint=fcsdnet-synthetic&data=synthetic&split=test&cells=counts"
    film.go(f"{url}/{confusion}", "What does it confuse?", 1200)
    film.click(steady(page, _CELL, [6, 0]), 600)
    film.title("The faces behind a number")
    film.scroll(430, 2200)
    film.go(f"{url}/learn?step=where&view=presenter&sample=astronaut", "A lesson: which map is the fake?", 1700)
    film.click(
        main.get_by_role("radio", name="A", exact=True).or_(main.get_by_role("button", name="A", exact=True)), 2400
    )
    film.save(file)
