"""The same video read by a sequence network, to compare with the reading frame by frame."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.classifier import Classifier
from fer_models.video.reading import Person, VideoReading
from workbench.app.wording import percent
from workbench.features.video.model import reading as reading_model
from workbench.widgets import plot
from workbench.widgets.timeline_figure import Series, timeline


def show(classifier: Classifier, reading: VideoReading, person: Person) -> None:
    """Draw its timeline and the agreement, or how to train a sequence network if there is none.

    Raises:
        UserError: If the network is damaged or was trained over other weights.
    """
    network_and_person = reading_model.in_sequence(classifier, person)
    if network_and_person is None:
        st.caption(
            "No sequence network was trained for this network. To train one, run "
            f"`fer sequence {classifier.checkpoint.path.name}` in the checkpoints folder."
        )
        return
    network, in_sequence = network_and_person
    agree = float(np.mean(in_sequence.smoothed.argmax(1) == person.smoothed.argmax(1)))
    figures = network.figures
    st.markdown(
        f"**The same frames as a sequence**: the class agrees with the one above in {percent(agree, 0)} of them"
    )
    peaks = [(p.peak, p.probability, p.name) for p in in_sequence.stretches]
    series = Series(person.seconds, in_sequence.smoothed, in_sequence.low, in_sequence.high, reading.classes)
    figure = timeline(series, peaks, clickable=False, height=320)
    words = ", ".join(f"{p.name} from {p.start:.1f} to {p.end:.1f} s" for p in in_sequence.stretches[:12])
    plot.show(figure, key="sequence timeline", alt=f"Probabilities over time by the sequence network: {words}")
    st.caption(
        f"A bidirectional LSTM over the network's features. On {network.data}, of people that it was not trained on: "
        f"{percent(figures['sequence'])} of n = {figures['n']:.0f} frames right, {percent(figures['framewise'])} frame "
        "by frame. The last epoch was taken; no split selected it. Order helps where single frames are bad, not where "
        "all of them say the same."
    )
