"""Compare in a real browser: every section, what each click does, and what the files hold."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from app_driver import make_checkpoint
from app_server import Server, errors, expect, expect_asked, rows_of, saved, settle
from PIL import Image

pytestmark = pytest.mark.browser
BOTH = "networks=fresh,second"


@pytest.fixture(scope="module")
def two(server: Server) -> Iterator[Server]:
    """The app with a second network, epochs of the first one, and a set of other classes in other words."""
    second = server.base / "checkpoints" / "second"
    make_checkpoint(second, seed=1)
    history = server.base / "checkpoints" / "fresh" / "metrics.jsonl"
    lines = [
        {
            "epoch": i,
            "seconds": 30,
            "train_loss": 2 / i,
            "val_loss": 1.5,
            "train_accuracy": 0.1 * i,
            "val_accuracy": 0.3,
        }
        for i in range(1, 5)
    ]
    history.write_text("\n".join(map(json.dumps, lines)))
    random, other = np.random.default_rng(0), server.base / "data" / "other"
    for split in ("train", "test"):
        for name in ("happiness", "anger", "contempt"):
            (other / split / name).mkdir(parents=True)
            for i in range(12):
                Image.fromarray(random.integers(0, 255, (48, 48), dtype=np.uint8)).save(
                    other / split / name / f"{i}.png"
                )
    yield server
    for folder in (second, other):
        shutil.rmtree(folder)
    history.unlink()


def measured(server: Server) -> str:
    """How many pictures the test part of the small set has."""
    return str(len(list((server.base / "data" / "small" / "test").glob("*/*.png"))))


def test_measure_and_download(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/compare?beside=resnet18_cbam")
    settle(page, 180_000)
    expect(page.get_by_text(re.compile(r"Attention: \d+ of \d+ layers"))).to_have_count(2)
    expect(page.get_by_text("No attention module.")).to_have_count(0)
    page.locator('[data-testid="stDataFrame"] .dvn-scroller').first.click(position={"x": 16, "y": 55})  # the first row
    button = page.get_by_role("button", name="Measure 1 network", exact=True)
    button.click()
    again = page.get_by_role("button", name="Measure again: 1 network", exact=True)
    again.wait_for(timeout=180_000)
    settle(page)
    assert errors(page) == []
    rows = rows_of(page, "Table, CSV")
    measured = [row for row in rows if row["runs_in"]]
    assert measured and len({row["network"] for row in measured}) == 1  # runs of the same network share its cost
    assert all(float(row["ms_one_picture[torch]"]) > 0 for row in measured)
    assert measured[0]["checkpoint"]  # trained networks stand first
    assert len([row for row in rows if not row["checkpoint"]]) > 10


def test_networks_on_the_same_faces(page: Any, two: Server) -> None:
    page.goto(f"{two.url}/compare?section=On the same faces&data=small&split=test&{BOTH}")
    page.get_by_text("the same for all").wait_for(timeout=180_000)
    settle(page)
    assert errors(page) == []
    few = rows_of(page, "CSV")
    assert {row["network"] for row in few} == {"fresh", "second"} and {row["n"] for row in few} == {measured(two)}
    # Every metric, a row each.
    page.get_by_text("All metrics", exact=True).click()
    page.get_by_role("cell", name="Weighted kappa").wait_for()
    settle(page)
    every = rows_of(page, "CSV")
    assert len(every) > len(few)
    expect_asked(page, metrics="True")
    same = {(r["network"], r["metric"]): r["value"] for r in every}
    assert all(same[r["network"], r["metric"]] == r["value"] for r in few)
    # Class by class: another figure, drawn anew.
    page.get_by_role("radio", name="Precision").click()
    page.locator(".ytitle", has_text="Precision, %").wait_for()
    expect_asked(page, class_figure="precision")
    # The gallery of faces that only one gets right.
    page.get_by_role("combobox", name="Right").wait_for()
    settle(page)
    faces = page.locator(".gallery button")
    if faces.count() > 1:
        faces.nth(1).click()
        page.wait_for_url(re.compile("[?&]row="))
        settle(page)
    # A network taken out of the selection leaves the address.
    page.get_by_role("button", name="second").first.click()
    page.get_by_text("Choose two networks or more.").wait_for()
    expect_asked(page, networks="fresh")
    settle(page)
    assert errors(page) == []


def test_across_data_sets(page: Any, two: Server) -> None:
    page.goto(f"{two.url}/compare?section=Across data sets&sets=small,other&{BOTH}")
    page.get_by_role("button", name=re.compile("Predict [0-9]+ images")).click()
    page.get_by_role("cell", name="other", exact=True).first.wait_for(timeout=180_000)
    settle(page)
    assert errors(page) == []
    rows = rows_of(page, "CSV")
    assert [(row["network"], row["measured_on"]) for row in rows] == [
        ("fresh", "small"),
        ("fresh", "other"),
        ("second", "small"),
        ("second", "other"),
    ]
    # Contempt is left out: 12 of happiness and 12 of anger.
    assert {row["measured_on"]: row["n"] for row in rows} == {"small": measured(two), "other": "24"}
    assert all(float(row["low"]) <= float(row["value"]) <= float(row["high"]) for row in rows)
    page.get_by_text("How classes were matched").click()
    page.get_by_role("cell", name="contempt").wait_for()
    page.get_by_role("radio", name="Balanced accuracy").click()
    page.get_by_role("columnheader", name="Balanced accuracy, %").wait_for()
    settle(page)
    expect_asked(page, transfer_figure="balanced_accuracy")
    assert {row["metric"] for row in rows_of(page, "CSV")} == {"balanced_accuracy"}
    assert "Trained on" in saved(page, "LaTeX").decode()
    # Other pictures of a set.
    page.get_by_role("button", name="Which images").click()
    page.get_by_role("combobox", name="Split of other").click()
    page.get_by_role("option", name="train", exact=True).click()
    page.get_by_role("option", name="train", exact=True).wait_for(state="detached")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("Predict [0-9]+ images")).click()
    page.get_by_role("cell", name="train", exact=True).first.wait_for(timeout=180_000)
    settle(page)
    assert errors(page) == []


def test_training_curves(page: Any, two: Server) -> None:
    page.goto(f"{two.url}/compare?section=Training&{BOTH}")
    page.get_by_text("No epochs were kept of second.").wait_for()
    settle(page)
    page.locator(".ytitle", has_text="accuracy, %").wait_for()
    page.get_by_role("radio", name="loss").click()
    page.locator(".ytitle", has_text="loss").wait_for()
    page.get_by_role("radio", name="minutes").click()
    page.locator(".xtitle", has_text="minutes").wait_for()
    expect_asked(page, quantity="loss", over="minutes")
    lines = page.locator(".scatterlayer .trace")
    expect(lines).to_have_count(2)
    page.get_by_text("Training curves too").click()
    expect(lines).to_have_count(1)
    settle(page)
    rows = rows_of(page, "Curves, CSV")
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert errors(page) == []
