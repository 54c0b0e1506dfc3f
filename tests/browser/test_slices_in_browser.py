"""What opens beside a misclassified face, by what figures are cut, and what each choice above a matrix does."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from app_server import Server, choose, errors, expect, expect_asked, rows_of, saved, settle
from PIL import Image

from fer_models.labels import FER7

pytestmark = pytest.mark.browser
PAGE = "misclassifications?data=copied&split=test"
#: The faces that can be clicked; copies and nearest faces are buttons too, and have no row.
FACES = '.gallery button[title*=" row "]'


@pytest.fixture(scope="module")
def copied(server: Server) -> Iterator[Server]:
    """A set whose test faces each have three copies in training: identical under another label, brighter, mirrored."""
    random = np.random.default_rng(3)
    for k, name in enumerate(FER7):
        for number in range(2):
            side = 48 if number else 96
            pixels = random.integers(0, 255, (side, side), dtype=np.uint8)
            other = FER7[(k + 1) % len(FER7)]
            brighter = (pixels // 2 + 60).astype(np.uint8)
            for folder, what, picture in (
                (f"test/{name}", "own", pixels),
                (f"train/{other}", "same", pixels),
                (f"train/{name}", "brighter", brighter),
                (f"train/{name}", "mirrored", pixels[:, ::-1]),
            ):
                place = server.base / "data" / "copied" / folder / f"{name}{number}-{what}.png"
                place.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(picture).save(place)
    yield server
    shutil.rmtree(server.base / "data" / "copied")


def opened(page: Any, server: Server, address: str) -> None:
    page.goto(f"{server.url}/{address}")
    page.locator('img[alt^="Face labelled"]').wait_for()
    settle(page)
    assert errors(page) == []


def test_the_copies_of_the_face_that_is_clicked(page: Any, copied: Server) -> None:
    opened(page, copied, PAGE)
    faces, told = page.locator(FACES), page.get_by_text(re.compile("^3 copies of this face in the set"))
    expect(told).to_have_text("3 copies of this face in the set, 1 with another label, 3 in another split than test.")
    face = faces.last
    row = re.search(r"row (\d+)", face.get_attribute("title") or "")
    assert row is not None
    face.click()
    answer = page.get_by_text(re.compile(rf"sure · row {row[1]}$"))
    answer.wait_for()
    settle(page)
    own = re.match(r"(\w+) > ", answer.inner_text())
    assert own is not None, answer.inner_text()
    other = FER7[(FER7.index(own[1]) + 1) % len(FER7)]
    copies = page.get_by_role("table", name="Copies of this face")
    copies.get_by_role("cell", name=f"{other} (another label)", exact=True).wait_for()
    for kind in ("identical", "mirrored", "near"):
        expect(copies.get_by_role("cell", name=kind, exact=True)).to_have_count(1)
    expect(copies.get_by_role("cell", name=own[1], exact=True)).to_have_count(2)
    assert errors(page) == []


def test_every_order_and_a_filter_change_the_gallery(page: Any, copied: Server) -> None:
    opened(page, copied, PAGE)
    seen = {}
    for order in ("largest loss first", "farthest from the label", "nearly right first", "order of the data set"):
        choose(page, "Order", order)
        page.locator(FACES).first.wait_for()
        seen[order] = page.locator(FACES).evaluate_all("all => all.map(b => b.title)")
    assert sorted(seen["largest loss first"]) == sorted(seen["order of the data set"])
    assert seen["nearly right first"] == seen["farthest from the label"][::-1]
    rows = [int(re.search(r"row (\d+)", title)[1]) for title in seen["order of the data set"]]
    assert rows == sorted(rows)
    first = re.search(r"(\w+) > (\w+)", page.locator(FACES).first.inner_text().replace("\n", " "))
    assert first is not None
    choose(page, "True class", first[1])
    choose(page, "Predicted class", first[2])
    expect_asked(page, error_true=first[1], error_predicted=first[2])
    same = sum(f"{first[1]} > {first[2]}" in title for title in seen["order of the data set"])
    expect(page.locator(FACES)).to_have_count(same or 1)
    assert errors(page) == []


def test_figures_are_cut_by_the_chosen_column(page: Any, copied: Server) -> None:
    opened(page, copied, PAGE)
    page.get_by_text("The same in all of these images: split test, identical copies in train.").wait_for()
    for column, values in (("original side", {"48", "96"}), ("class", set(FER7))):
        choose(page, "Cut by", column)
        expect_asked(page, cut_by=column)
        page.get_by_role("cell", name=column, exact=True).first.wait_for()
        lines = rows_of(page, "CSV")
        assert {line["column"] for line in lines} == {column} and {line["value"] for line in lines} == values
        assert sum(int(line["n"]) for line in lines) == 14
    assert errors(page) == []


def test_every_kind_of_matrix_says_what_it_shows(page: Any, copied: Server) -> None:
    opened(page, copied, "confusion?data=small&split=test&cells=counts")

    def matrix() -> tuple[list[str], np.ndarray]:
        head, *rows = csv.reader(io.StringIO(saved(page, "CSV").decode()))
        return head[1:], np.array([[float(v or "nan") for v in row[1:]] for row in rows])

    names, counts = matrix()
    for label, kind, axis in (("Per true class", "rows", 1), ("Per predicted class", "columns", 0)):
        page.get_by_role("radio", name=label, exact=True).click()
        expect_asked(page, cells=kind) if kind != "rows" else page.wait_for_url(re.compile(r"^((?!cells=counts).)*$"))
        settle(page)
        _, shares = matrix()
        total = counts.sum(axis, keepdims=True)
        expected = np.divide(100 * counts, total, out=np.full_like(counts, np.nan), where=total > 0)
        np.testing.assert_allclose(shares, expected, atol=1e-3)
    page.get_by_role("radio", name="Difference", exact=True).click()
    page.get_by_text("A difference needs a second trained network").wait_for()
    settle(page)
    page.get_by_role("radio", name="Counts", exact=True).click()
    expect_asked(page, cells="counts")
    settle(page)
    choose(page, "Order of the classes", "confused classes together")
    placed, moved = matrix()
    order = [names.index(name) for name in placed]
    np.testing.assert_array_equal(moved, counts[np.ix_(order, order)])
    assert errors(page) == []


def test_claims_and_printed_figures(page: Any, copied: Server) -> None:
    page.goto(f"{copied.url}/compare?section=Claims check")
    page.get_by_text("These figures cannot all be true").wait_for()
    page.get_by_text(re.compile("forces accuracy to at least 89.78 %")).wait_for()
    settle(page)
    page.get_by_role("textbox", name="Images of each class, one class a line").fill("a 10\nb 10")
    for name, value in (("Accuracy", "90"), ("Precision", ""), ("Recall", ""), ("Specificity", ""), ("F1", "")):
        page.get_by_role("textbox", name=re.compile(f"^{name}")).fill(value)
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_text("These figures can be true: a confusion matrix gives them.").wait_for()
    settle(page)
    page.get_by_role("radio", name="Printed in the papers").click()
    page.get_by_role("heading", name=re.compile("^Printed: ")).wait_for()
    settle(page)
    assert rows_of(page, "CSV", -1)
    assert errors(page) == []
