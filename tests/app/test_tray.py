"""The tray of the sidebar: jobs of all pages, with their status and a button that stops them."""

from __future__ import annotations

import threading

from app_driver import open_page
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.progress import Progress
from workbench.app import jobs


def test_nothing_is_drawn_where_there_are_no_jobs(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "home")
    assert not app.sidebar.button and not app.sidebar.get("progress") and not app.sidebar.caption


def test_it_lists_jobs_on_every_page_and_stops_them(app: AppTest, checkpoint: Checkpoint) -> None:
    go = threading.Event()

    def work(progress: Progress) -> None:
        progress(0.5, "half")
        assert go.wait(60)
        progress(0.6, "more")

    running = jobs.start("map", "t-SNE of fresh", work, lane="long")
    queued = jobs.start("other", "Audit of small", work, lane="long")
    for page in ("home", "train"):
        open_page(app, page)
        first, second = (bar.proto.text for bar in app.sidebar.get("progress"))
        assert "t-SNE of fresh" in first and "left" in first and "Audit of small" in second and "waiting" in second
        assert "Waiting: t-SNE of fresh" in app.sidebar.button[1].help
    stop, stop_queued = (button for button in app.sidebar.button if button.label == "Stop")
    stop_queued.click().run()
    assert queued.state == "cancelled" and running.state == "running"
    (stop,) = (button for button in app.sidebar.button if button.label == "Stop")
    stop.click().run()
    go.set()
    assert running.wait(30) and running.state == "cancelled"
    app.run()
    assert not app.sidebar.button and not app.exception
