"""Through training: the map of a run's validation faces after each epoch, by slider or played."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.data import FaceDataset
from fer_models.embedding import MapSettings
from fer_models.embedding.epochs import Training
from fer_models.errors import UserError
from fer_models.training.validation import AT_MOST_ROWS
from workbench import cache, state
from workbench.app.wording import percent
from workbench.features.clusters import choice
from workbench.features.clusters.figures import epoch_curves, epoch_map
from workbench.features.clusters.model import epochs as epochs_model
from workbench.features.clusters.model.epochs import CURVES, Grown
from workbench.widgets import downloads, gallery, plot
from workbench.widgets import job as job_view

_MOVED = 8
EPOCHS_RUN = state.Choice("clusters.epochs run")
EPOCHS = state.Kept("clusters.epochs")
EPOCH = state.Choice("clusters.epoch", address=False)
PLAYING = state.Toggle("clusters.playing")


def show(settings: MapSettings) -> None:
    """Draw the fold: the choice of a run, and its maps once they are made."""
    fold = st.expander(
        "Through training: how a map grows from epoch to epoch",
        icon=":material/timeline:",
        key="epochs fold",
        expanded=EPOCHS_RUN.get() is not None,
        on_change="rerun",
    )
    if not fold.open:
        return
    with fold:
        runs = epochs_model.grown_runs()
        if not runs:
            st.info(
                "No run has kept two epochs yet. Train a network here: the run keeps its predictions for up to "
                f"{AT_MOST_ROWS:,} validation faces after each epoch, and the map can be followed from epoch to epoch.",
                icon=":material/info:",
            )
            return
        left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
        with left:
            names = list(runs)
            grown = runs[str(st.selectbox("Run or network", names, **EPOCHS_RUN.widget(names)))]
        with middle:
            method = choice.projection(" epochs", "tsne")
        memory = EPOCHS.of(grown.id)
        epochs: tuple[int, ...] = memory.get() or grown.epochs
        memory.set(epochs)
        with right:
            if epochs != grown.epochs and st.button("Add the new epochs", icon=":material/refresh:"):
                epochs = grown.epochs
                memory.set(epochs)
        map_settings = MapSettings(
            **{**settings.relevant(), "method": method, "features": "embedding", "dimensions": 2}
        )
        job = epochs_model.find(grown, epochs, map_settings)
        if job is None:
            label = f"Make {len(epochs)} maps of up to {epochs_model.FACES} faces"
            if not st.button(label, key="make epochs", type="primary", icon=":material/play_arrow:"):
                return
            job = epochs_model.start(grown, epochs, map_settings)
        if job_view.finished(job, key="epochs"):
            _scrub(grown, job.result)


def _scrub(grown: Grown, training: Training) -> None:
    """The slider with the map and the curves; a fragment, so that moving it redraws nothing else."""
    try:
        dataset = cache.dataset(grown.data)
    except UserError:
        dataset = None  # The data set was removed; the points can still be shown.
    epochs = [each.epoch for each in training.maps]
    playing = PLAYING.get()

    @st.fragment(run_every=1.2 if playing else None)
    def live() -> None:
        epoch = EPOCH.of(grown.id)
        at = int(epoch.get(epochs, epochs[-1]))
        if playing and at == epochs[-1]:
            PLAYING.set(False)
            st.rerun()
        if playing:
            at = epochs[epochs.index(at) + 1]
            epoch.set(at)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            words = "Stop" if playing else "Play"
            if st.button(words, icon=f":material/{'stop' if playing else 'play_arrow'}:", key="play epochs"):
                PLAYING.set(not playing)
                if not playing:
                    epoch.set(epochs[0])
                st.rerun()
            at = int(st.select_slider("Epoch", epochs, **epoch.widget(epochs, at)))
        _draw(grown, training, dataset, at)

    live()


def _draw(grown: Grown, training: Training, dataset: FaceDataset | None, epoch: int) -> None:
    number = next(i for i, each in enumerate(training.maps) if each.epoch == epoch)
    shown = training.maps[number]
    dark = st.context.theme.type == "dark"
    separation = shown.separation
    left, right = st.columns([3, 2], gap="medium")
    with left:
        alt = f"Map of {len(training.ids)} validation faces after epoch {epoch}, coloured by class."
        plot.show(epoch_map(training, shown, grown.classes, dark=dark), key="epoch map", alt=alt)
    with right:
        curves = epochs_model.curves(training)
        epochs = [each.epoch for each in training.maps]
        plot.show(
            epoch_curves(epochs, curves, CURVES, epoch, dark=dark),
            key="epoch curves",
            alt="Figures by epoch; CSV below.",
        )
    silhouette = "" if separation.silhouette is None else f", silhouette {separation.silhouette:.3f}"
    ratio = "" if separation.ratio is None else f", between over inside {separation.ratio:.2f}"
    st.markdown(
        f"After epoch {epoch}: {percent(shown.accuracy)} of {len(training.ids):,} validation faces right, kNN accuracy "
        f"{percent(separation.knn_accuracy)}{silhouette}{ratio}."
    )
    st.caption(
        "Each map begins where the one before ended and is turned and scaled onto it, so a face that moves far moved "
        f"in the features; small shifts are artefacts of the projection. Crosses are errors of that epoch. {grown.note}"
    )
    positions = epochs_model.positions(training, dataset)
    if number and dataset is not None:
        moved = epochs_model.moved(training, number, _MOVED)
        st.markdown("**Moved the most since the epoch before**")
        index_of = {int(positions[i]): i for i in moved if positions[i] >= 0}
        gallery.show(
            dataset.images,
            np.array(list(index_of), np.int64),
            key="epoch moved",
            words=gallery.Words(
                lambda p: grown.classes[int(training.targets[index_of[p]])],
                title=f"moved the most in epoch {epoch}",
            ),
            layout=gallery.Layout(side=64),
        )
    downloads.show(
        ("epoch", *CURVES),
        list(zip(epochs, *curves.values(), strict=True)),
        f"{grown.id}-maps.csv",
        key="epochs csv",
    )
