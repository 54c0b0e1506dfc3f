"""A form for the figures that a paper prints, and whether they can be true together."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench import state
from workbench.features.compare.model import claims
from workbench.features.compare.model.claims import AVERAGINGS, DIGITS, FIGURES, Fields
from workbench.widgets import job as job_view
from workbench.widgets import table
from workbench.widgets.errors import guard

CLAIM = state.Kept("compare.claim")


def show(*, key: str) -> None:
    """Draw the form, prefilled with a paper's figures, and the verdict with its reasons."""
    st.header("Can these figures be true?", anchor=False)
    example, source = claims.example()
    fields: Fields = CLAIM.get(example)
    submitted = _form(fields, key)
    if submitted is not None:
        CLAIM.set(submitted)
        fields = submitted
    if fields == example:
        st.caption(source)
    with guard("the check"):
        _verdict(claims.claim(fields))


def _form(fields: Fields, key: str) -> Fields | None:
    """The fields if the form was submitted in this run."""
    printed = dict(fields.figures)
    averagings = list(AVERAGINGS)
    with st.form(f"{key} claim", border=False):
        left, right = st.columns([2, 3], gap="large")
        with left:
            counts = st.text_area(
                "Images of each class, one class a line", fields.counts, height=218, key=f"{key} claim counts"
            )
        with right:
            texts = {}
            columns = [*st.columns(3), *st.columns(3)]
            for column, (name, words) in zip(columns, FIGURES.items(), strict=False):
                with column:
                    texts[name] = st.text_input(f"{words}, %", printed.get(name, ""), key=f"{key} claim {name}")
            with columns[-1]:
                averaging = st.selectbox(
                    "Averaged",
                    averagings,
                    averagings.index(fields.averaging),
                    format_func=AVERAGINGS.__getitem__,
                    help="Papers seldom say; most print the mean over classes.",
                    key=f"{key} claim averaging",
                )
            left_field, right_field = st.columns(2)
            with left_field:
                digits = st.selectbox(
                    "Last digit",
                    list(DIGITS),
                    list(DIGITS).index(fields.digits),
                    format_func=DIGITS.__getitem__,
                    key=f"{key} claim digits",
                )
            with right_field:
                folds = st.number_input(
                    "Means over folds",
                    1,
                    100,
                    fields.folds,
                    help="1: figures of one test. Papers on CK+ and JAFFE print means over 5 or 10 folds.",
                    key=f"{key} claim folds",
                )
            st.caption("As printed, with all digits. Leave out what is not printed.")
            sent = st.form_submit_button("Check", type="primary", icon=":material/fact_check:")
    return Fields(counts, tuple(texts.items()), str(averaging), int(folds), str(digits)) if sent else None


def _verdict(claim: dict[str, Any]) -> None:
    job = claims.start(claim)
    if not job_view.finished(job, key="claim"):
        return
    if job.result["possible"]:
        found = job.result["matrix"]
        words = (
            "No contradiction found." if found is None else "These figures can be true: a confusion matrix gives them."
        )
        st.success(words, icon=":material/check:")
    else:
        st.warning(f"These figures cannot all be true{claims.reading(claim)}.", icon=":material/block:")
    st.markdown("\n".join(f"- {reason}" for reason in job.result["reasons"]))
    if job.result["matrix"] is not None:
        heads, rows = claims.matrix(claim, job.result["matrix"])
        table.show(heads, rows, right=range(1, len(heads)), label="A confusion matrix with these figures, rows true")
