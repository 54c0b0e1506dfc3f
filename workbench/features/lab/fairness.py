"""The tab of fairness: only skin, age lines or glasses change, over 200 people."""

from __future__ import annotations

import streamlit as st

from fer_models.classifier import Classifier
from fer_models.evaluation.intervals import Estimate
from fer_models.lab import TRAITS, FaceParameters, Shift, from_words, trait_shift
from fer_models.lab.fairness import PEOPLE
from workbench import cache, state
from workbench.features.lab import choice, figures
from workbench.features.lab.answers import Answered
from workbench.widgets import downloads, plot, table

ASKED = state.Kept("lab.fairness")


def show(answers: list[Answered], face: FaceParameters, *, key: str) -> None:
    """Draw how far each trait moves the score of the answer, and how many answers it changes."""
    checkpoint = choice.one([answered.checkpoint for answered in answers])
    target = next(each for each in answers if each.checkpoint == checkpoint).look.winner
    asked = (choice.line(), checkpoint.identity)
    st.button(f"Draw {PEOPLE} people", key=f"{key} people", type="primary", icon=":material/groups:",
              on_click=ASKED.set, args=(asked,))  # fmt: skip
    if ASKED.get() != asked:
        st.caption(
            f"{PEOPLE} people with the units, pose and light of this face, each with and without a trait. Only the "
            "trait changes. This takes some seconds."
        )
        return
    found = []
    with st.spinner(f"Drawing {PEOPLE} people with each trait."):
        for trait in TRAITS:
            found.append(
                cache.kept(_shift, (*asked, trait, target), cache.classifier(checkpoint), choice.line(), trait, target)
            )
    titles = [TRAITS[shift.trait][0] for shift in found]
    st.markdown(f"**{_sentence(found, checkpoint.name)}**")
    plot.show(
        figures.shifts(found, [shift.trait for shift in found]),
        key=f"{key} shifts",
        alt="Change by trait",
        tools="zoom",
    )
    rows = [
        [title, _points(shift.mean), _share(shift.share), f"{100 * abs(shift.moves).max():.1f}"]
        for title, shift in zip(titles, found, strict=True)
    ]
    columns = ("Change", f"Mean change of {target}, points", "Answers that change", "Largest change, points")
    table.show(columns, rows, right=(1, 2, 3), label="Change by trait")
    st.caption(
        f"n = {PEOPLE} people a row · means with 95 % intervals from resampled people, shares with Wilson's. Drawn "
        "traits are simple: a lead for a test on photographs, not a finding about people."
    )
    lines = [
        [shift.trait, person, target, before, after, bool(turned)]
        for shift in found
        for person, (before, after, turned) in enumerate(zip(shift.before, shift.after, shift.turned, strict=True))
    ]
    heads = ("trait", "person", "class", "before", "after", "answer changes")
    downloads.show(heads, lines, "fairness.csv", key=f"{key} csv")


def _shift(classifier: Classifier, line: str, trait: str, target: str) -> Shift:
    return trait_shift(classifier, from_words(line), trait, target=target, people=PEOPLE)


def _points(mean: Estimate) -> str:
    return f"{100 * mean.value:+.1f} [{100 * mean.low:+.1f}, {100 * mean.high:+.1f}]"


def _share(share: Estimate) -> str:
    return f"{100 * share.value:.1f} % [{100 * share.low:.1f}, {100 * share.high:.1f}]"


def _sentence(found: list[Shift], name: str) -> str:
    clear = [shift for shift in found if shift.mean.low > 0 or shift.mean.high < 0]
    if not clear:
        return f"No trait moves the mean score of {name} by more than chance."
    most = max(clear, key=lambda shift: abs(shift.mean.value))
    return (
        f"{TRAITS[most.trait][0]}: {name} moves {most.target} by {100 * most.mean.value:+.1f} points on average and "
        f"changes {100 * most.share.value:.0f} % of its answers."
    )
