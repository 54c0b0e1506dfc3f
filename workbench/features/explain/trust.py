"""Tests of a heatmap: the trust card, removal curves beside random maps, and shuffled networks."""

from __future__ import annotations

import streamlit as st

from fer_models.explain.faithfulness import FAITHFULNESS
from fer_models.explain.faithfulness.parameter_randomisation import Cascade
from fer_models.explain.trust.card import BASELINES, TrustCard
from workbench import state
from workbench.features.explain import report as explain_report
from workbench.features.explain import trust_badge
from workbench.features.explain.figures import removal_curves
from workbench.features.explain.model import report as sections
from workbench.features.explain.model import trust, trust_tables
from workbench.features.explain.model.trust import Curves, Evidence, Measure
from workbench.features.explain.subject import Subject
from workbench.heatmap import cached, verdict, view
from workbench.heatmap.model import drawing
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Look, Question
from workbench.widgets import downloads, job, picture_grid, plot, table
from workbench.widgets.errors import guard
from workbench.widgets.picture_grid import Cell, Row

_SIDE = 84
_AXES = {
    "deletion": "pixels taken away, %",
    "insertion": "pixels put back, %",
    "road": "pixels filled in, %",
}
_UNITS = {"deletion": "probability", "insertion": "probability", "road": "gap, least minus most"}
BASELINE = state.Choice("explain.baseline", BASELINES, address=False)


def show(subject: Subject, *, key: str) -> None:
    """Draw the trust card with its curves and numbers at once, and the other tests when they are done.

    Raises:
        UserError: If the question cannot be answered with this network.
    """
    question, display = view.controls(subject.classifier)
    baseline = st.segmented_control(
        "Pixels are replaced by",
        BASELINES,
        required=True,
        **BASELINE.widget(),
        help="The image blurred until nothing can be told, or its mean. The trust card tests the map with both.",
    )
    look = cached.look(subject.checkpoint, subject.pixels, question)
    left, right = st.columns([2, 5], gap="medium")
    with left:
        drawn = drawing.over_face(subject.pixels, look.attribution, display, 192)
        picture_grid.show(
            [Row("", "", [Cell(drawn, look.title, f"{look.title}, over the face")])], side=170, label="Map"
        )
    with right:
        verdict_shown = st.empty()
        measured = st.container()
    numbers = st.container()
    with verdict_shown.container(), guard("the trust card"), st.spinner("Testing the heatmap."):
        card = trust_badge.judge(subject, question)
    results = _tests(subject, question, look, card, str(baseline), key=key)
    if results is not None and results.card is not card:
        card = results.card
        with verdict_shown.container():
            verdict.show(card)
    with measured:
        trust_badge.measured(card, subject.checkpoint.classes, key=key)
    standing = card.standings.get(str(baseline))
    if standing is None:
        numbers.caption(
            f"The quick verdict tested the map with the {BASELINES[0]} baseline alone; all tests include the other one."
        )
        return
    curves = {metric: trust.removal(standing, metric) for metric in ("deletion", "insertion")}
    measures = trust.card_measures(standing)
    if results is not None:
        curves |= {"road": results.road}
        measures |= results.measures
    with numbers:
        _curves(curves, measures, look, key)
        _measures(measures, curves, results, card, key)
    if results is None:
        return
    _strip(results.cascade, look, subject, display)
    explain_report.show(
        "Can this heatmap be believed",
        [subject.checkpoint],
        sections.choices(look, display) | {"pixels replaced by": baseline},
        lambda: [sections.heatmap(look, subject.pixels, display), *sections.evidence(curves, measures, results)],
        key=key,
    )


def _tests(
    subject: Subject, question: Question, look: Look, card: TrustCard, baseline: str, *, key: str
) -> Evidence | None:
    """All tests of the map, run in the background when the user asks for them; ``None`` until they are done."""
    classifier, pixels, attribution = subject.classifier, subject.pixels, look.attribution
    results: Evidence | None = job.result(
        ("trust", *subject.identity, question, baseline, card.maps),
        f"Tests of a heatmap of {subject.checkpoint.name}",
        lambda progress: trust.evidence(classifier, pixels, attribution, card, baseline=baseline, progress=progress),
        lane="short",
        ask="Run all tests of this map, some seconds",
        key=key,
    )
    return results


def _curves(curves: dict[str, Curves], measures: dict[str, Measure], look: Look, key: str) -> None:
    st.markdown(f"**The probability of {look.target} while pixels are removed or added in the map's order**")
    for column, (metric, each) in zip(st.columns(len(curves)), curves.items(), strict=True):
        measure = measures[metric]
        with column:
            st.markdown(f"{FAITHFULNESS[metric].title}, {FAITHFULNESS[metric].direction} is better")
            figure = removal_curves(each.share, each.lines, each.band, _AXES[metric], _UNITS[metric])
            beside = [f"{trust_tables.PLAIN[name].lower()} {value:.3f}" for name, value in measure.references.items()]
            if measure.rank is not None:
                beside.insert(0, f"random maps {trust_tables.band(measure.rank)}")
            words = f"this map {measure.value:.3f}; {'; '.join(beside)}"
            plot.show(figure, key=f"{key} {metric}", alt=f"{FAITHFULNESS[metric].title}: {words}")
            st.caption(f"Area: {words}.")
    st.caption(
        "Solid orange: this map. Grey band: 5 to 95 % of random maps, dotted their median. Dashed blue: a blob in the "
        "middle. Dash-dotted purple: the edges of the image. Only this map comes from the network."
    )


def _strip(shuffled: Cascade, look: Look, subject: Subject, display: Display) -> None:
    st.markdown("**Cascading parameter randomisation**")
    cells = [Cell(drawing.over_face(subject.pixels, look.attribution, display, _SIDE), "as trained", "As trained")]
    for number, layer in enumerate(shuffled.layers):
        values = shuffled.maps[number, 0]
        positive = (values > 0).any()
        drawn = drawing.over_values(subject.pixels, values, display, _SIDE)
        rank, structure = shuffled.correlation[number, 0], shuffled.ssim[number, 0]
        words = f"down to {layer}: Spearman {rank:.2f}, SSIM {structure:.2f}"
        cells.append(Cell(drawn, words + ("" if positive or display.signed else ", nothing positive"), words))
    picture_grid.show([Row("", "", cells)], side=_SIDE, label="Maps of the network while its layers are shuffled")
    st.caption(
        f"{trust_tables.cascade_sentence(shuffled)} Spearman: rank correlation with the map as trained; SSIM: likeness "
        "of structure; both 1 for the same map. The running means and variances of batch norms stay as trained."
    )


def _measures(
    measures: dict[str, Measure], curves: dict[str, Curves], results: Evidence | None, card: TrustCard, key: str
) -> None:
    st.markdown("**All tests of this map**" if results is not None else "**The numbers of the trust card**")
    others = None if results is None else results.others
    rows, bold = trust_tables.rows(measures, others)
    columns = trust_tables.COLUMNS
    table.show(columns, rows, right=range(2, len(columns)), bold=bold, label="Tests of this map and of reference maps")
    st.caption(
        f"{card.maps} random maps of this map's smoothness and, where it is defined, their reverses: as good says how "
        "many do as well as this map. Bold: better than 95 % of them. One face does not prove a method."
        + ("" if others is None else f" {trust_tables.others_sentence(others)}")
    )
    with st.container(horizontal=True):
        lines = trust_tables.long_table(curves, measures, results)
        downloads.show(("test", "map", "share", "value"), lines, "trust.csv", key=f"{key} csv")
    with st.expander("What each test does"):
        shown = [FAITHFULNESS[name] for name in measures if name in FAITHFULNESS]
        table.show(("Test", "Summary", "Source"), [(m.title, m.summary, m.paper) for m in shown], label="Tests")
