"""What if: how the prediction changes when the face is lit differently, turned, blurred or covered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from fer_models import labels
from fer_models.robustness import CORRUPTIONS
from fer_models.robustness import change as change_model
from fer_models.robustness.change import Change
from workbench import cache, state
from workbench.app.wording import percent
from workbench.face import bars
from workbench.features.explain.figures import strength_curves
from workbench.features.explain.model import changes
from workbench.features.explain.subject import Subject
from workbench.heatmap import cached, view
from workbench.heatmap.model import drawing
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.drawing import Display
from workbench.widgets import downloads, job, picture_grid, plot
from workbench.widgets.errors import guard
from workbench.widgets.picture_grid import Cell, Row

#: Always visible; the other corruptions are in an expander.
_FIRST = ("light", "rotation", "blur", "noise", "grey", "glasses", "mask", "bar")
#: Pixels of a picture, and of the rail.
_SIDE, _HEIGHT = 108, 440
#: What is changed, as :func:`changes.text` writes it, and the sliders that show it.
CHANGES = state.Choice("explain.changes", default="")
_LEVEL = state.Number("explain.change")
OVER = state.Choice("explain.over", address=False)
PATCH = state.Number("explain.patch", 25, 10, 50)


def show(subject: Subject, *, key: str) -> None:
    """Draw sliders, the face before and after, curves, and the patch that costs most.

    Raises:
        UserError: If the network cannot be loaded.
    """

    @st.fragment
    def live() -> None:
        with guard("this view"):
            _live(subject, key)

    live()


def _live(subject: Subject, key: str) -> None:
    question, display = view.controls(subject.classifier)
    result_area, controls = st.columns([3, 2], gap="medium")
    with controls:
        made = _sliders(key)
    image = change_model.reduced(subject.framed.crop.large)
    before = cached.look(subject.checkpoint, subject.checkpoint.preprocess.stored(image), question)
    # Explain the class of the unchanged face, even if the prediction changes.
    same_class = replace(question, target=before.target)
    worse = subject.checkpoint.preprocess.stored(change_model.changed(image, made, subject.framed.geometry))
    after = cached.look(subject.checkpoint, worse, same_class)
    with result_area:
        was, now = before.winner, after.winner
        st.markdown(f"**Still “{now}”**" if was == now else f"**“{was}” becomes “{now}”**")
        cells = []
        for words, pixels, look in (
            ("as it is", subject.checkpoint.preprocess.stored(image), before),
            ("changed", worse, after),
        ):
            drawn = drawing.over_face(pixels, look.attribution, display, _SIDE)
            empty = "" if display.signed or look.attribution.has_positive[0] else ", no positive evidence"
            cells.append(Cell(drawn, f"{words}: {look.title}{empty}", f"{look.title}, over the face {words}"))
        cells.append(Cell(drawing.face(worse, 84), "changed", "The changed face"))
        picture_grid.show([Row("", "", cells)], side=_SIDE, label="Heatmap before and after")
        bars.show_probabilities(after.prediction.ranked(), before=dict(before.prediction.ranked()))
        st.caption("The tick is the probability of the face as it is.")
    _curve(subject, image, made, before.target, key)
    _patches(subject, image, before.target, display, key)


def _sliders(key: str) -> list[Change]:
    """Sliders in a rail of the result's height, which scrolls by itself."""
    made = []
    with st.container(height=_HEIGHT, border=False, key="what if sliders"):
        for name in _FIRST:
            made.append(_slider(name))
        with st.expander("More changes and cover positions"):
            for name in CORRUPTIONS:
                if name not in _FIRST:
                    made.append(_slider(name))
            for change in [each for each in made if change_model.position_fields(each.key)]:
                st.markdown(f"**{CORRUPTIONS[change.key].title}**")
                made[made.index(change)] = Change(change.key, change.strength, _cover_position(change.key))
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Reset", key=f"{key} back", on_click=_reset, icon=":material/restart_alt:")
        for words, down in (("Cover the eyes", 0.385), ("Cover the mouth", 0.75)):
            st.button(words, key=f"{key} {words}", on_click=_cover, args=(down,), icon=":material/visibility_off:")
    return [change for change in made if change.strength != CORRUPTIONS[change.key].neutral]


def _slider(name: str) -> Change:
    kind = CORRUPTIONS[name]
    low, high = float(kind.low), float(kind.high)
    value = st.slider(
        f"{kind.title}, {kind.unit}",
        step=round((high - low) / 100, 3),
        help=kind.summary,
        **_bound(name, float(kind.neutral), low, high),
    )
    return Change(name, float(value))


def _cover_position(name: str) -> tuple[tuple[str, float], ...]:
    values = []
    for field in change_model.position_fields(name):
        value = st.slider(
            field.label,
            step=round((field.high - field.low) / 100, 3),
            **_bound(f"{name} {field.name}", field.default, field.low, field.high),
        )
        values.append((field.name, float(value)))
    return tuple(values)


def _bound(name: str, default: float, low: float, high: float) -> dict[str, Any]:
    """Keyword arguments that bind a slider to a value in the address."""
    number = _LEVEL.of(name)
    number.set(changes.parse(CHANGES.get()).get(name, default))

    def store() -> None:
        _set({name: None if number.get() == default else float(number.get())})

    return number.widget(low=low, high=high, then=store)


def _set(values: dict[str, float | None]) -> None:
    """Change some values of the address; ``None`` removes one."""
    kept = changes.parse(CHANGES.get()) | values
    CHANGES.set(changes.text({name: value for name, value in kept.items() if value is not None}) or None)


def _reset() -> None:
    CHANGES.set(None)


def _cover(down: float) -> None:
    _set({"bar": 0.25, "bar down": down})


def _curve(subject: Subject, image: np.ndarray, made: list[Change], target: str, key: str) -> None:
    names = list(CORRUPTIONS)
    left, right = st.columns([2, 5], gap="medium", vertical_alignment="center")
    with left:
        over = st.selectbox(
            "Curve over",
            names,
            format_func=lambda n: CORRUPTIONS[n].title,
            **OVER.widget(names, made[0].key if made else "blur"),
        )
        st.caption("The other changes keep their settings; the dotted line is the current setting.")
    kind = CORRUPTIONS[over]
    now = next((c for c in made if c.key == over), Change(over, float(kind.neutral), _saved_positions(over)))
    strengths, swept = cache.of_face(
        change_model.sweep, subject.checkpoint, image, tuple(made), now, subject.framed.geometry
    )
    order = sorted(range(len(swept.classes)), key=lambda k: -float(swept.probabilities[:, k].max()))
    shown = [k for k in order if swept.classes[k] == target] + [k for k in order if swept.classes[k] != target]
    lines = [(swept.classes[k], swept.probabilities[:, k].tolist(), labels.colour(swept.classes[k])) for k in shown[:4]]
    with right:
        figure = strength_curves(strengths.tolist(), lines, f"{kind.title}, {kind.unit}", now.strength)
        ends = f"{percent(lines[0][1][0])} at {strengths[0]:g}, {percent(lines[0][1][-1])} at {strengths[-1]:g}"
        plot.show(figure, key=f"{key} curve", alt=f"Probabilities over {kind.title}: {target} {ends}")
    with left:
        downloads.show(
            (f"{kind.title}, {kind.unit}", *swept.classes),
            [(float(s), *map(float, row)) for s, row in zip(strengths, swept.probabilities, strict=True)],
            f"what-if-{over}.csv",
            key=f"{key} csv",
        )


def _saved_positions(name: str) -> tuple[tuple[str, float], ...]:
    values = changes.parse(CHANGES.get())
    fields = change_model.position_fields(name)
    return tuple((field.name, values.get(f"{name} {field.name}", field.default)) for field in fields)


def _patches(subject: Subject, image: np.ndarray, target: str, display: Display, key: str) -> None:
    st.markdown("**Where does a patch cost most?**")
    size = st.slider("Side of the patch, %", step=5, **PATCH.widget()) / 100
    classifier = subject.classifier
    effect = job.result(
        ("patch", *subject.identity, target, size),
        f"Patch sweep of {subject.checkpoint.name}",
        lambda progress: change_model.patches(classifier, image, target, size, progress),
        lane="short",
        key=f"{key} patch",
    )
    if effect is None:
        return
    region = change_model.region_at(subject.framed.masks, effect.centre)
    plain = subject.checkpoint.preprocess.stored(image)
    answer = cache.of_face(look_model.prediction, subject.checkpoint, plain).ranked()[0][0]
    turned = f", and the answer becomes “{effect.answer}”" if effect.answer != answer else ""
    st.markdown(
        f"A black patch of {percent(size, 0)} of the side costs most over the {region}: {target} falls from "
        f"{percent(effect.before)} to {percent(effect.after)}{turned}."
    )
    drawn = drawing.over_values(plain, effect.drop.astype("float32"), display, _SIDE)
    most = percent(max(0.0, float(effect.drop.max())))
    words = f"probability of {target} lost, mean of all patches that cover a place, up to {most}"
    cells = [
        Cell(drawing.face(effect.worst, _SIDE), "the worst place", "The face under the worst patch"),
        Cell(drawn, words, words),
    ]
    picture_grid.show([Row("", "", cells)], side=_SIDE, label="The patch that costs most, and the loss at each place")
