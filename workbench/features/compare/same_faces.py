"""Trained networks on the same faces: the table, the pairs in words, and the faces that only one gets right."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.training_overlap import held_out_part
from workbench import cache, shared, state
from workbench.app.wording import selection
from workbench.evidence import bar
from workbench.features.compare import choice, classes, pictures
from workbench.features.compare.model import same_faces
from workbench.features.compare.model.same_faces import ALL_FIGURES, FIGURES, Standing
from workbench.widgets import job as job_view
from workbench.widgets import selection_bar, table
from workbench.widgets.errors import guard

METRICS = state.Choice("compare.metrics", (False, True), False)


def show(*, key: str) -> None:
    """Draw the choices, then what the networks say, or what is missing for it.

    Raises:
        UserError: If the data set cannot be opened.
    """
    usable = choice.usable(least=2, what="A comparison", key=key)
    if usable is None:
        return
    choice.begin_with_its_own_data(usable)
    above = st.container()
    chosen = selection_bar.show(checkpoint=False, data=True, split=True)
    if chosen is None or chosen.data is None or chosen.split is None:
        return
    with above:
        names = choice.networks(usable, choice.by_data(usable, chosen.data, 2))
    if len(names) < 2:
        st.info("Choose two networks or more.", icon=":material/info:")
        return
    dataset = cache.dataset(chosen.data)
    networks = [network for name in names if (network := usable[name].checkpoint) is not None]
    split = _pictures(networks, dataset, chosen.data, chosen.split)
    answers = _answers(networks, dataset, split)
    if answers is None:
        return
    found = _standing([network.name for network, _ in answers], [each for _, each in answers])
    if found is None:
        return
    compared = [network for network, _ in answers]
    _table(found, compared, dataset, chosen.data, key)
    st.subheader("Class by class", anchor=False)
    with guard("the classes"):
        classes.show_classes(found, key=key)
    st.subheader("How often they agree", anchor=False)
    with guard("the agreement"):
        classes.show_agreement(found, key=key)
    st.subheader("Right by one, wrong by the other", anchor=False)
    with guard("the pictures"):
        pictures.show(found, compared, chosen.data, dataset, key=key)


def _pictures(networks: list[Checkpoint], dataset: FaceDataset, name: str, split: str) -> Part:
    """The split, or what the training protocol of all of these networks held out."""
    own = [held_out_part(network, dataset, name) for network in networks]
    held_out = own[0]
    if held_out is None or any(part is None or part.key != held_out.key for part in own):
        return Part.of_split(dataset, split)
    words = {"own": held_out.name, "split": f"the whole of {split}"}
    which = st.selectbox(
        "Pictures",
        list(words),
        format_func=words.__getitem__,
        help="These networks were trained under a protocol of its own; only what that held out is new to them.",
        **shared.PICTURES.widget(list(words), "own"),
    )
    return held_out if which == "own" else Part.of_split(dataset, split)


def _answers(
    networks: list[Checkpoint], dataset: FaceDataset, part: Part
) -> list[tuple[Checkpoint, Evaluation]] | None:
    """The predictions of those that can be compared; ``None`` while some are computed, or after saying why not."""
    asked: list[tuple[Checkpoint, Evaluation]] = []
    missing = False
    for network in networks:
        with guard(f"the predictions of {network.name}"):
            found = bar.of(network, dataset, part)
            missing = missing or found is None
            if found is not None:
                asked.append((network, found))
    if missing:
        return None
    same: list[tuple[Checkpoint, Evaluation]] = []
    for network, found in asked:
        if same and found.classes != same[0][1].classes:
            st.warning(
                f"{network.name} answers with other classes on these pictures ({', '.join(found.classes)}) than "
                f"{same[0][0].name} ({', '.join(same[0][1].classes)}), so it cannot stand in the same table.",
                icon=":material/warning:",
            )
        else:
            same.append((network, found))
    if len(same) < 2:
        st.info("Fewer than two of these networks can be compared here; choose others.", icon=":material/info:")
        return None
    return same


def _standing(names: list[str], evaluations: list[Evaluation]) -> Standing | None:
    every = st.toggle(
        "All metrics",
        help="Every figure with its interval, a row each; the tests for all of them take some seconds the first time.",
        **METRICS.widget(),
    )
    figures = ALL_FIGURES if every else FIGURES
    job = same_faces.find(names, evaluations, figures)
    if job is None:
        count = evaluations[0].n
        ask = f"Compare {len(names)} networks on {count:,} faces"
        if not same_faces.is_quick(evaluations, figures) and not st.button(
            ask, key="compare faces", type="primary", icon=":material/play_arrow:"
        ):
            return None
        job = same_faces.start(names, evaluations, figures)
    if not job_view.finished(job, key="comparison"):
        return None
    found: Standing = job.result
    return found


def _table(found: Standing, networks: list[Checkpoint], dataset: FaceDataset, name: str, key: str) -> None:
    first = found.evaluations[0]
    st.markdown(f"**{found.n:,} pictures** of {first.data}, {first.split}, the same for all")
    heads, lines, bold = same_faces.oriented(found)
    if heads[0] == "Network":
        rules = [selection(each.selection) if each.selection else "not known" for each in found.evaluations]
        heads, lines = [*heads, "Weights"], [[*line, rule] for line, rule in zip(lines, rules, strict=True)]
    table.show(
        heads,
        lines,
        right=[i for i, head in enumerate(heads) if head not in ("Network", "Figure", "Weights")],
        bold=bold,
        label="Figures of the networks on the same pictures with 95 % intervals",
    )
    st.caption(
        "In brackets 95 % intervals. Bold: better than each other network by more than chance, paired picture by "
        "picture and Holm-corrected for the pairs of that column; where nothing is bold, the best can be chance. "
        "Losses, errors, AURC and the fifth paper's FAR are better when low."
    )
    for network, each in zip(networks, found.evaluations, strict=True):
        if text := _flattered(network, each, dataset, name):
            st.caption(f":orange[:material/warning:] {text}")
    for sentence in same_faces.sentences(found):
        st.markdown(sentence)
    file = f"compare-{name}-{'-'.join(first.split.split())}"
    with st.container(horizontal=True):
        for label, content, end, kind in (
            ("CSV", same_faces.csv(found), "csv", "text/csv"),
            ("LaTeX", same_faces.latex(found), "tex", "application/x-tex"),
        ):
            st.download_button(
                label,
                content,
                f"{file}.{end}",
                kind,
                key=f"{key} faces {end}",
                on_click="ignore",
                icon=":material/download:",
            )


def _flattered(network: Checkpoint, evaluation: Evaluation, dataset: FaceDataset, name: str) -> str:
    """What makes a network's figures too good, in a sentence, or nothing."""
    seen = same_faces.seen(network, evaluation, dataset, name)
    if seen:
        return f"{network.name} was trained on {seen:,} of these pictures: its figures say what it remembers."
    if evaluation.selection and evaluation.selection == evaluation.split:
        return f"{network.name} was selected on these pictures, which flatters its figures."
    return ""
