"""Trained networks on the same faces: the table, the pairs in words, and the faces that only one gets right."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.sentence import images_text
from fer_models.evaluation.training_overlap import held_out_part
from workbench import cache, shared, state
from workbench.app import inventory
from workbench.app.wording import data_title, selection
from workbench.evidence import bar, images_note, notes
from workbench.features.compare import choice, classes, pictures
from workbench.features.compare.model import same_faces
from workbench.features.compare.model.same_faces import ALL_FIGURES, FIGURES, Standing
from workbench.widgets import downloads, selection_bar, table
from workbench.widgets import job as job_view
from workbench.widgets.errors import guard

METRICS = state.Choice("compare.metrics", (False, True), default=False)


def show(*, key: str) -> None:
    """Draw the choices and the comparison, or what is missing for it.

    Raises:
        UserError: If the data set cannot be opened.
    """
    usable = choice.usable(least=2, what="A comparison", key=key)
    if usable is None:
        return
    above = st.container()
    selected = selection_bar.show(checkpoint=False, data=True, split=True, shipped_predictions=True)
    if selected is None or selected.data is None or selected.split is None:
        return
    with above:
        names = choice.networks(usable, choice.by_data(usable, selected.data)[:2])
    if len(names) < 2:
        st.info("Choose two networks or more.", icon=":material/info:")
        return
    dataset = cache.dataset(selected.data)
    images_note.show(dataset)
    networks = [network for name in names if (network := usable[name].checkpoint) is not None]
    split = _pictures(networks, dataset, selected.data, selected.split)
    answers = _answers(networks, dataset, split)
    if answers is None:
        return
    results = _standing([network.name for network, _ in answers], [each for _, each in answers])
    if results is None:
        return
    compared = [network for network, _ in answers]
    _table(results, compared, dataset, selected.data, key)
    st.header("Class by class", anchor=False)
    with guard("the classes"):
        classes.show_classes(results, key=key)
    st.header("How often they agree", anchor=False)
    with guard("the agreement"):
        classes.show_agreement(results, key=key)
    st.header("Right by one, wrong by the other", anchor=False)
    with guard("the images"):
        pictures.show(results, compared, selected.data, dataset, key=key)


def _pictures(networks: list[Checkpoint], dataset: FaceDataset, name: str, split: str) -> Part:
    """The split, or what the common training protocol of these networks held out."""
    held_out_parts = [held_out_part(network, dataset, name) for network in networks]
    held_out = held_out_parts[0]
    if held_out is None or any(part is None or part.key != held_out.key for part in held_out_parts):
        return Part.of_split(dataset, split)
    titles = {"own": held_out.name, "split": f"the whole of {split}"}
    which = st.selectbox(
        "Images",
        list(titles),
        format_func=titles.__getitem__,
        help="These networks were trained with a split of their own; only the images that it held out are new to them.",
        **shared.PICTURES.widget(list(titles), "own"),
    )
    return held_out if which == "own" else Part.of_split(dataset, split)


def _answers(
    networks: list[Checkpoint], dataset: FaceDataset, part: Part
) -> list[tuple[Checkpoint, Evaluation]] | None:
    """Predictions of the networks that can be compared; ``None`` while some are computed, or if fewer than two can."""
    predicted: list[tuple[Checkpoint, Evaluation]] = []
    missing = False
    for network in networks:
        with guard(f"the predictions of {network.name}"):
            evaluation = bar.of(network, dataset, part)
            missing = missing or evaluation is None
            if evaluation is not None:
                predicted.append((network, evaluation))
    if missing:
        return None
    comparable: list[tuple[Checkpoint, Evaluation]] = []
    for network, evaluation in predicted:
        if comparable and evaluation.classes != comparable[0][1].classes:
            st.warning(
                f"{network.name} answers with other classes on these images ({', '.join(evaluation.classes)}) than "
                f"{comparable[0][0].name} ({', '.join(comparable[0][1].classes)}), so it cannot be in the same "
                "table.",
                icon=":material/warning:",
            )
        else:
            comparable.append((network, evaluation))
    if len(comparable) < 2:
        st.info("Fewer than two of these networks can be compared here; choose others.", icon=":material/info:")
        return None
    return comparable


def _standing(names: list[str], evaluations: list[Evaluation]) -> Standing | None:
    all_metrics = st.toggle(
        "All metrics",
        help="Every figure with its interval, a row each; the tests for all of them take some seconds the first time.",
        **METRICS.widget(),
    )
    figures = ALL_FIGURES if all_metrics else FIGURES
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
    results: Standing = job.result
    return results


def _table(results: Standing, networks: list[Checkpoint], dataset: FaceDataset, name: str, key: str) -> None:
    first = results.evaluations[0]
    images = images_text(results.n, first.people, first.photographs)
    st.markdown(f"**{images}** of {data_title(inventory.data_key(first.data))}, {first.split}, the same for all")
    notes.show(first.notes)
    heads, lines, bold = same_faces.oriented(results)
    if heads[0] == "Network":
        rules = [
            selection(evaluation.selection) if evaluation.selection else "not known"
            for evaluation in results.evaluations
        ]
        heads, lines = [*heads, "Weights"], [[*line, rule] for line, rule in zip(lines, rules, strict=True)]
    table.show(
        heads,
        lines,
        right=[i for i, head in enumerate(heads) if head not in ("Network", "Figure", "Weights")],
        bold=bold,
        label="Figures of the networks on the same images with 95 % intervals",
    )
    st.caption(
        "In brackets 95 % intervals. Bold: better than each other network by more than chance, paired image by "
        "image and Holm-corrected for the pairs of that column; where nothing is bold, the best can be chance. "
        "Losses, errors, AURC and the fifth paper's FAR are better when low."
    )
    if first.few:
        st.caption(f":orange[:material/warning:] {first.few}")
    for network, evaluation in zip(networks, results.evaluations, strict=True):
        if text := _flattered(network, evaluation, dataset, name):
            st.caption(f":orange[:material/warning:] {text}")
    for sentence in same_faces.sentences(results):
        st.markdown(sentence)
    file = f"same-faces-{name}-{first.split}-{'-'.join(network.name for network in networks)}"
    with st.container(horizontal=True):
        for label, content, end in (
            ("CSV", same_faces.csv(results), "csv"),
            ("LaTeX", same_faces.latex(results), "tex"),
        ):
            downloads.button(label, content, f"{file}.{end}", key=f"{key} faces {end}")


def _flattered(network: Checkpoint, evaluation: Evaluation, dataset: FaceDataset, name: str) -> str:
    """Why a network's figures are optimistic, in a sentence; empty if there is no reason."""
    seen = same_faces.seen(network, evaluation, dataset, name)
    if seen:
        return f"{network.name} was trained on {seen:,} of these images: its figures say what it remembers."
    if evaluation.selection and evaluation.selection == evaluation.split:
        return f"{network.name} had its epoch chosen on these images, which flatters its figures."
    return ""
