"""The eight faces that a training was watched on: a row of them after an epoch, and one of them in full."""

from __future__ import annotations

import html
from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from fer_models import labels
from fer_models.errors import UserError
from workbench import cache, state
from workbench.app import pictures
from workbench.app.wording import percent
from workbench.face import bars
from workbench.heatmap.figures import focus_curves
from workbench.heatmap.model import watched as model
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.watched import History, Source
from workbench.widgets import downloads, picture_grid, plot
from workbench.widgets.picture_grid import Cell, Row

EPOCH = state.Choice("heatmap.watched epoch", address=False)
FACE = state.Choice("heatmap.watched face", address=False)
MODULE = state.Choice("heatmap.watched module", address=False)
_SMALL, _LARGE, _BARS = 92, 144, 34
_DISPLAY = Display()


def history(source: Source) -> History | None:
    """What was kept of a training, read again when its file changes; ``None`` where nothing was.

    Raises:
        UserError: If the file is damaged.
    """
    if not source.stamp[1]:
        return None
    dataset = None
    if source.data and cache.kept(model.needs_data, (*source.stamp, "data"), source):
        with suppress(UserError):  # where it was removed, the maps are shown on grey
            dataset = cache.dataset(source.data)
    return cache.kept(model.read, (*source.stamp, dataset is not None), source, dataset)


def choose_epoch(source: Source, seen: History) -> int:
    """Draw the slider over the kept epochs; until it is moved it follows the latest."""
    epochs = seen.epochs
    if len(epochs) < 2:
        return epochs[0]
    return int(st.select_slider("Epoch", epochs, **EPOCH.of(source.name).widget(epochs, epochs[-1])))


def row(source: Source, seen: History) -> None:
    """Draw all faces after an epoch: heatmap and class scores of each.

    Args:
        source: Where the history lies.
        seen: The history.
    """
    epoch = choose_epoch(source, seen)
    right = 0
    cards = []
    for face in range(len(seen.images)):
        drawn = model.heat_picture(seen, epoch, face, _DISPLAY, _SMALL)
        drawn = model.face_picture(seen, face, _SMALL) if drawn is None else drawn
        ranked = seen.ranked(epoch, face)
        true = seen.true_class(face)
        best, share = max(ranked, key=lambda pair: pair[1])
        right += best == true
        sign = "right" if best == true else f"wrong, it is {true}"
        words = f"{best} {percent(share, 0)}"
        cards.append(_card(pictures.uri(drawn), ranked, words, sign, seen.title(face)))
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.6rem" role="list">{"".join(cards)}</div>')
    st.caption(
        f"After epoch {epoch}: {right} of {len(cards)} right. Heat: {seen.map_title or 'none'}, for each face's true "
        f"class. Bars, left to right: {', '.join(seen.watched.classes)}. No image of a data set is kept in the run."
    )


def one(source: Source, seen: History, *, key: str) -> None:
    """Draw one face after an epoch, large, with its own attention, the focus of all maps by epoch, and the film.

    Args:
        source: Where the history lies.
        seen: The history.
        key: Prefix of the widgets' keys.
    """
    left, middle, right = st.columns([4, 4, 5], vertical_alignment="bottom")
    faces = list(range(len(seen.images)))
    with left:
        chosen = FACE.of(source.name).widget(faces, _telling(seen, faces))
        face = int(st.selectbox("Watched face", faces, format_func=seen.title, **chosen))
    with middle:
        module = _module(source, seen)
    with right:
        epoch = choose_epoch(source, seen)
    cells = [
        Cell(model.face_picture(seen, face, _LARGE), "face", f"A face labelled {seen.title(face)}"),
        Cell(model.heat_picture(seen, epoch, face, _DISPLAY, _LARGE), seen.map_title or "no heatmap", "Heatmap"),
    ]
    attended = model.attention_picture(seen, epoch, face, _DISPLAY, _LARGE, module=module)
    if attended is not None:
        cells.append(Cell(attended, "own attention", "Own attention over the face"))
    large, scores = st.columns([2, 1], gap="medium")
    with large:
        picture_grid.show([Row("", "", cells)], side=_LARGE, label=f"The face after epoch {epoch}")
    with scores:
        true = seen.true_class(face)
        st.markdown(f"**After epoch {epoch}** · labelled {true}")
        bars.show_probabilities(seen.ranked(epoch, face))
        for kind in ("mp4", "gif"):
            _film(seen, face, kind, key)
    _focus(seen, epoch, key)


def _telling(seen: History, faces: Sequence[int]) -> int:
    """The face whose true class the network learned best."""
    own = [dict(seen.ranked(seen.epochs[-1], face))[seen.true_class(face)] for face in faces]
    return own.index(max(own))


def _module(source: Source, seen: History) -> int:
    names = list(seen.watched.modules)
    if not names:
        st.selectbox("Own attention", ["none"], disabled=True, help="This network has no attention over places.")
        return 0
    shown = st.selectbox("Own attention", names, **MODULE.of(source.name).widget(names, names[-1]))
    return names.index(str(shown))


def _film(seen: History, face: int, kind: str, key: str) -> None:
    downloads.button(
        f"Film of this face, {kind.upper()}",
        lambda: model.film_of(seen, face, "gif" if kind == "gif" else "mp4"),
        f"training-{seen.title(face).replace(', ', '-')}.{kind}",
        key=f"{key} {kind}",
        icon="movie",
    )


def _focus(seen: History, epoch: int, key: str) -> None:
    st.markdown("**When does it learn where to look?** Means over the watched faces")
    measured, accuracy = seen.focus, seen.watched.accuracy
    figure = focus_curves(measured, accuracy, epoch, dark=st.context.theme.type == "dark")
    plot.show(
        figure,
        key=f"{key} focus",
        name="heatmap focus",
        alt="Accuracy, and how focused the heatmaps are, by epoch; CSV below.",
    )
    st.caption(
        "Heat on the face and on the true action units is measured on drawn faces, whose parts are known; dashed: "
        "what an even map would have there. Entropy: how evenly the heat is spread. A map can be sharp and still "
        "miss the units. So few faces show a trend, not an average."
    )
    columns = ("epoch", "validation accuracy", "heat on face", "heat on units", "entropy", "true class")
    rows = [measured.epochs, accuracy, measured.face, measured.units, measured.entropy, measured.own]
    values = [[int(line[0]), *map(float, line[1:])] for line in zip(*rows, strict=True)]
    downloads.show(columns, values, "focus.csv", key=f"{key} csv")


def _card(uri: str, ranked: Sequence[tuple[str, float]], words: str, sign: str, title: str) -> str:
    values = ", ".join(f"{name} {percent(value, 0)}" for name, value in ranked)
    columns = "".join(
        f'<div style="flex:1;height:{max(3.0, 100 * value):.0f}%;background:{labels.colour(name)}"></div>'
        for name, value in ranked
    )
    mark = "✓" if sign == "right" else "✗"
    return (
        f'<div role="listitem" style="width:{_SMALL}px;font-size:0.75rem;line-height:1.3">'
        f'<img src="{uri}" alt="{html.escape(f"{title}: {values}")}" width="{_SMALL}" height="{_SMALL}" '
        'style="display:block;image-rendering:pixelated">'
        f'<div style="display:flex;align-items:flex-end;gap:2px;height:{_BARS}px;margin:2px 0" '
        f'title="{html.escape(values)}">{columns}</div>'
        f"<div>{mark} {html.escape(words)}</div>"
        f'<div style="opacity:0.82">{html.escape(sign)}</div></div>'
    )
