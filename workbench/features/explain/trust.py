"""Tests of a heatmap: the trust card, removal curves beside reference maps, and shuffled networks."""

from __future__ import annotations

import streamlit as st

from fer_models.explain.faithfulness import FAITHFULNESS
from fer_models.explain.faithfulness.parameter_randomisation import Cascade
from workbench import state
from workbench.features.explain import report as explain_report
from workbench.features.explain import trust_badge
from workbench.features.explain.figures import removal_curves
from workbench.features.explain.model import report as sections
from workbench.features.explain.model import trust
from workbench.features.explain.model.trust import BASELINES, Evidence
from workbench.features.explain.subject import Subject
from workbench.heatmap import cached, view
from workbench.heatmap.model import drawing
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Look
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
    """Draw the trust card at once, and the tests when they are done.

    Raises:
        UserError: If the question cannot be answered with this network.
    """
    question, display = view.controls(subject.classifier)
    baseline = st.segmented_control(
        "Pixels are replaced by",
        BASELINES,
        required=True,
        **BASELINE.widget(),
        help="The picture's mean, the picture blurred until nothing can be told, or black.",
    )
    look = cached.look(subject.checkpoint, subject.pixels, question)
    left, right = st.columns([2, 5], gap="medium")
    with left:
        drawn = drawing.over_face(subject.pixels, look.attribution, display, 192)
        picture_grid.show(
            [Row("", "", [Cell(drawn, look.title, f"{look.title}, over the face")])], side=170, label="Map"
        )
    with right, guard("the trust card"), st.spinner("Testing the heatmap."):
        trust_badge.show(cached.trust(subject.checkpoint, subject.pixels, question), subject.checkpoint.classes)
    classifier, pixels, attribution = subject.classifier, subject.pixels, look.attribution
    results = job.result(
        ("trust", *subject.identity, question, baseline),
        f"Tests of a heatmap of {subject.checkpoint.name}",
        lambda progress: trust.evidence(classifier, pixels, attribution, str(baseline), progress),
        lane="short",
        ask="Test this map, some seconds",
        key=key,
    )
    if results is None:
        return
    _curves(results, look, key)
    if results.cascade is not None:
        _strip(results.cascade, look, subject, display)
    _measures(results, key)
    explain_report.show(
        "Can this heatmap be believed",
        [subject.checkpoint],
        sections.choices(look, display) | {"pixels replaced by": baseline},
        lambda: [sections.heatmap(look, pixels, display), *sections.evidence(results)],
        key=key,
    )


def _curves(results: Evidence, look: Look, key: str) -> None:
    st.markdown(f"**The probability of {look.target} while pixels go or come in the map's order**")
    for column, metric in zip(st.columns(3), results.curves, strict=True):
        lines = results.curves[metric]
        this_map, others = lines[0], lines[1:]
        with column:
            st.markdown(f"{FAITHFULNESS[metric].title}, {FAITHFULNESS[metric].direction} is better")
            figure = removal_curves(
                [(line.name, line.share, line.score) for line in lines], _AXES[metric], _UNITS[metric], legend=False
            )
            beside = ", ".join(f"{line.name} {line.area:.3f}" for line in others)
            plot.show(
                figure,
                key=f"{key} {metric}",
                alt=f"{FAITHFULNESS[metric].title}: this map {this_map.area:.3f}, {beside}",
            )
            st.caption(f"This map {this_map.area:.3f}; {beside}.")
    st.caption(
        "Solid orange: this map. Dotted grey: a random map. Dashed blue: a blob in the middle. Dash-dotted purple: an "
        "edge detector. The last three know nothing of the network."
    )


def _strip(shuffled: Cascade, look: Look, subject: Subject, display: Display) -> None:
    st.markdown("**The same method while the network forgets, from its last layer down**")
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
        f"{trust.cascade_sentence(shuffled)} Spearman: rank correlation with the map as trained; SSIM: likeness "
        "of structure; both 1 for the same map."
    )


def _measures(results: Evidence, key: str) -> None:
    st.markdown("**All tests of this map**")
    rows, best = trust.rows(results)
    columns = trust.columns()
    table.show(columns, rows, right=range(2, len(columns)), bold=best, label="Tests of this map and of reference maps")
    st.caption("Bold: the best of the four maps on this one face; one face is no proof of a method.")
    with st.container(horizontal=True):
        downloads.show(("test", "map", "share", "value"), trust.long_table(results), "trust.csv", key=f"{key} csv")
    with st.expander("What each test does"):
        shown = [FAITHFULNESS[name] for name in results.measures]
        table.show(("Test", "In a sentence", "Source"), [(m.title, m.summary, m.paper) for m in shown], label="Tests")
