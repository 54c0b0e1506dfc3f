"""Sections of the HTML report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.explain import EXPLAINERS
from fer_models.explain.faithfulness import FAITHFULNESS
from fer_models.explain.report.document import Bar, Figure, Lines, Section, html_report
from fer_models.explain.trust.card import TrustCard
from workbench.face.model.crop import RegionShares
from workbench.features.explain.model import trust_tables
from workbench.features.explain.model.contrast import Contrast
from workbench.features.explain.model.networks import Reading
from workbench.features.explain.model.trust import Curves, Evidence, Measure
from workbench.heatmap.model import drawing
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Look, OwnAttention

_SIDE = 240


def prediction(ranked: Sequence[tuple[str, float]], title: str = "What the network says") -> Section:
    """Class probabilities as bars."""
    return Section(title, bars=[Bar(name, value) for name, value in ranked])


def heatmap(
    look: Look, pixels: np.ndarray, display: Display, title: str = "Where the method finds the reasons"
) -> Section:
    """The map over the face, uint8 (S, S, C), and alone."""
    return Section(title, figures=[figure(look, pixels, display)])


def figure(look: Look, pixels: np.ndarray, display: Display) -> Figure:
    """One map, over the face and over black."""
    return Figure(
        look.title,
        drawing.over_face(pixels, look.attribution, display, _SIDE),
        drawing.over_face(np.zeros_like(pixels), look.attribution, _opaque(display), _SIDE),
        f"{look_model.facts(look)} · {display.words}",
    )


def attention(record: OwnAttention, pixels: np.ndarray, display: Display) -> Section:
    """The network's own attention over places and channels."""
    return Section(
        "The network's own attention",
        [] if not record.empty else ["This network has no attention module."],
        figures=[_spread(title, values, pixels, display) for title, values in [*record.overlays, *record.channels]],
    )


def regions(shares: RegionShares | None, source: str) -> Section:
    """Relevance by region, with each region's share of the picture as the mark."""
    if shares is None:
        return Section("Where on the face", ["No part of the map is positive."])
    text = [f"Share of the positive relevance; the mark is the region's share of the image. Regions: {source}."]
    if shares.alarm:
        text.append("More relevance on the background than its area.")
    return Section("Where on the face", text, bars=[Bar(name, share, mark=area) for name, share, area in shares.rows])


def trust(card: TrustCard, classes: tuple[str, ...]) -> Section:
    """The verdict and the numbers behind it; ``classes`` of the network."""
    return Section(
        "Can the map be believed",
        [card.sentence],
        columns=trust_tables.CARD_COLUMNS,
        rows=list(trust_tables.card_rows(card, classes)),
    )


def evidence(curves: Mapping[str, Curves], measures: Mapping[str, Measure], results: Evidence) -> list[Section]:
    """Verdict, removal curves and the table of tests."""
    sections = []
    for metric, each in curves.items():
        low, median, high = each.band.tolist()
        bands = {"random maps, 5 %": low, "random maps, median": median, "random maps, 95 %": high}
        lines = {name: scores.tolist() for name, scores in each.lines.items()} | bands
        unit = "gap in probability" if metric == "road" else "probability"
        title = FAITHFULNESS[metric].title
        sections.append(Section(title, lines=Lines(each.share.tolist(), lines, "share of pixels", unit)))
    rows = trust_tables.rows(measures, results.others)[0]
    text = [] if results.others is None else [trust_tables.others_sentence(results.others)]
    verdict = Section("Can the map be believed", [results.card.sentence])
    return [verdict, *sections, Section("All tests of this map", text, columns=trust_tables.COLUMNS, rows=rows)]


def networks(
    names: Sequence[str], readings: Sequence[Reading], faces: Sequence[np.ndarray], display: Display
) -> list[Section]:
    """A section for each network: prediction, heatmap, own attention."""
    sections = []
    for name, reading, pixels in zip(names, readings, faces, strict=True):
        figures = [] if reading.look is None else [figure(reading.look, pixels, display)]
        if reading.attended is not None:
            figures.append(_spread(f"own attention: {reading.attended[0]}", reading.attended[1], pixels, display))
        bars = prediction(reading.prediction.ranked(), name)
        sections.append(Section(name, [reading.problem] if reading.problem else [], figures=figures, bars=bars.bars))
    return sections


def contrast(comparison: Contrast, pixels: np.ndarray, display: Display) -> Section:
    """The maps of both classes and of their difference."""
    signed = Display(display.opacity, signed=True, colours=display.colours)
    looks = (
        (comparison.of_a, display),
        (comparison.of_b, display),
        (comparison.difference, signed),
        (comparison.finer, display),
    )
    return Section(
        f"Why {comparison.a} and not {comparison.b}",
        [comparison.sentence],
        figures=[figure(look, pixels, how) for look, how in looks],
    )


def choices(look: Look, display: Display) -> dict[str, object]:
    """Settings of a map, name to value."""
    attribution = look.attribution
    size = attribution.layer_size
    options = {name: value for name, value in attribution.options.items() if isinstance(value, str | int | float)}
    return {
        "method": EXPLAINERS[attribution.method].title,
        "class": look.explained,
        "score": attribution.of,
        "layer": "none" if size is None else f"{attribution.layer}, {size[0]} x {size[1]} cells",
        **options,
        "drawn": display.words,
    }


def page(
    title: str,
    checkpoints: Sequence[Checkpoint],
    choices: dict[str, object],
    sections: Sequence[Section],
    picture: bool,
) -> str:
    """The whole page; ``picture``: whether it may show the face."""
    return html_report(title, checkpoints, choices, sections, include_picture=picture)


def _spread(title: str, values: np.ndarray, pixels: np.ndarray, display: Display) -> Figure:
    over, alone = (
        drawing.spread_over_face(face, values, how, _SIDE)
        for face, how in ((pixels, display), (np.zeros_like(pixels), _opaque(display)))
    )
    return Figure(title, over, alone, f"from {values.min():.3g} (dark) to {values.max():.3g} (bright)")


def _opaque(display: Display) -> Display:
    return Display(1.0, display.signed, display.colours)
