"""The audit: started by a button, run in the background, reported with pictures."""

from __future__ import annotations

from typing import Any

import streamlit as st

from fer_models.data import FaceDataset
from fer_models.data.audit import AuditReport
from workbench import navigation, shared, state
from workbench.app import dataset_facts
from workbench.app.wording import duration, percent
from workbench.features.datasets import figures, sections
from workbench.features.datasets.model import audit
from workbench.widgets import downloads, gallery, plot, table
from workbench.widgets import job as job_view

FINDING = state.Choice("datasets.finding", address=False)


def show(name: str, dataset: FaceDataset, protocol: str) -> None:
    """Draw the button, the progress, or the report of the audit under the chosen split."""
    job = audit.find(dataset, protocol)
    if job is None:
        st.markdown(
            "The audit compares every image with every other one, mirrored too, finds blank and dim ones and copies "
            "with different labels, and lets a nearest neighbour on raw pixels answer under this split and under a "
            "leak-free one."
        )
        seconds = duration(audit.seconds(dataset))
        if st.button(f"Run the audit, about {seconds}", type="primary", key="audit", icon=":material/troubleshoot:"):
            audit.start(dataset, protocol)
            st.rerun()
        return
    if job_view.finished(job, key="audit"):
        _report(name, job.result)
    elif job.active:
        st.caption("It keeps running while you use other pages.")


def _report(name: str, report: AuditReport) -> None:
    leaks, sentence = audit.headline(report)
    if leaks:
        st.warning(f"**{report.split.name}: this split leaks.** {sentence}", icon=":material/water_drop:")
    else:
        st.success(f"**{report.split.name}.** {sentence}", icon=":material/check_circle:")
    _downloads(name, report)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**What a nearest neighbour on raw pixels gets right**")
        _neighbours(report)
    with right:
        rows = audit.leak_rows(report)
        if rows:
            st.markdown(f"**Images with a copy in {report.dataset.split_names[0]}**")
            table.show(
                ("Part", "Images", "Exact", "Exact or near", "Only mirrored", "Share"),
                rows,
                right=(1, 2, 3, 4, 5),
                label="Copies of training images in each other part",
            )
        else:
            st.caption("This set has no parts of its own to compare.")
    with st.expander("Everything that was checked", icon=":material/checklist:"):
        table.show(("Looked for", "Found"), report.table(), label="Findings of the audit")
    _pictures(name, report)


def _neighbours(report: AuditReport) -> None:
    results = audit.baselines(report)
    rows: list[dict[str, float | str]] = [
        {"name": f"{r.rule}<br>{r.images}", "accuracy": r.accuracy, "low": r.low, "high": r.high} for r in results
    ]
    alt = "; ".join(f"{r.rule} {percent(r.accuracy)}" for r in results)
    plot.show(
        figures.nearest_neighbour(rows), key="neighbours", alt=f"Nearest neighbour on pixels: {alt}", tools="zoom"
    )
    st.caption(
        "It knows nothing of faces: what it gains under the upper split over the lower one comes from copies and "
        "known people. Bars end in 95 % intervals (Wilson)."
    )


def _downloads(name: str, report: AuditReport) -> None:
    excluded = audit.left_out(report)
    with st.container(horizontal=True, vertical_alignment="center"):
        downloads.button("Report, JSON", audit.report_json(report), "audit.json", key="audit json")
        downloads.show(
            ("looked for", "found"),
            report.table(),
            "audit.csv",
            key="audit csv",
            label="Table, CSV",
        )
        if excluded:
            downloads.button(
                "Clean split, JSON",
                audit.clean_split_json(report),
                f"{report.split.protocol}-clean.json",
                key="clean json",
                help=f"Row ids of the split without the {excluded:,} training images that have a copy held out.",
            )
            st.page_link(
                navigation.page("train"),
                label=f"Train without these {excluded:,} images",
                icon=":material/model_training:",
                query_params={"data": name, "protocol": report.split.protocol, "exclude_leaks": "1"},
            )


def _pictures(name: str, report: AuditReport) -> None:
    kinds = audit.kinds(report)
    st.header("The findings as images", anchor=False)
    if not kinds:
        st.caption("No copies, no blank and no dim images.")
        return
    titles = {key: f"{kind.title}, {len(kind.groups):,}" for key, kind in kinds.items()}
    for key in {"blank", "dim"} & set(kinds):
        titles[key] = f"{kinds[key].title}, {len(kinds[key].groups[0]):,}"
    finding = str(
        st.segmented_control(
            "Finding",
            list(titles),
            format_func=titles.__getitem__,
            required=True,
            label_visibility="collapsed",
            **FINDING.widget(list(titles)),
        )
    )
    kind, data, part = kinds[finding], report.dataset, audit.part_of(report)

    def caption(i: int) -> str:
        label = int(data.labels[i])
        return f"{data.classes[label] if label >= 0 else 'unlabelled'} · {part(i)}"

    def about(i: int) -> str:
        return f"{dataset_facts.caption(data, i)} · {part(i)}"

    st.caption(f"{kind.about} Click a face to see it among the faces of the set.")
    shown: dict[str, Any] = {
        "key": f"finding {name}",
        "words": gallery.Words(caption, about, f"{kind.title}, {name}"),
        "scope": f"{name} {finding}",
    }
    if finding in ("blank", "dim"):
        clicked = gallery.show(data.images, kind.groups[0], **shown)
    else:
        clicked = gallery.show_groups(data.images, kind.groups, **shown)
    if clicked is not None:
        shared.ROW.set(str(clicked))
        sections.SECTION.set("Faces")
        st.rerun()
