"""``card.md``: what a network is for and not for, and every figure, written from the numbers alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fer_models.architectures import ARCHITECTURES
from fer_models.checkpoint import Checkpoint
from fer_models.evaluation import markdown
from fer_models.evaluation.calibration.temperature import Calibration
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.scorecard import Scorecard
from fer_models.evaluation.sentence import interval_text, percent_text, selection_text
from fer_models.evaluation.slicing.slices import Slice

_PURPOSE = """It reads the expression class of one cropped face in an image, for teaching, research and comparison of
networks. An expression is not a feeling: the class "{example}" says what a face looks like to the network, not what a
person feels."""
_FORBIDDEN = """- To infer emotions of people at work or in education. In the European Union that is prohibited, except
  for medical or safety reasons (Regulation (EU) 2024/1689, the AI Act, Article 5(1)(f)).
- For any decision about a person: hiring, grading, policing, insurance, health.
- To watch people who have not agreed to it."""
_NO_GROUPS = """The data do not tell sex, age, skin colour or culture of the people in them, so how the errors differ
between groups of people is not known. Differences are to be expected: measure them on images of your own people
before you rely on any figure here."""
#: A confusion is named when it takes at least this share of a class's pictures.
_NAMED = 0.1
_MOST_NAMED = 6


def card_markdown(
    card: Scorecard,
    *,
    title: str = "",
    terms: str = "",
    calibration: Calibration | None = None,
    pictures: Mapping[str, str] | None = None,
    groups: Sequence[Slice] | None = None,
    origins: Mapping[str, str] | None = None,
) -> str:
    """The text of ``card.md``.

    Args:
        title: name for people; the checkpoint's name unless given.
        terms: terms of the data in one sentence, for instance from the reader's ``info.terms``.
        calibration: of the same predictions, for its section.
        pictures: files beside the card by what they show: ``"curves"``, ``"confusion"``, ``"reliability"``.
        groups: accuracy by sex, age and the like; empty where the data do not tell, ``None`` where nobody looked.
        origins: where settings of the recipe come from, by dotted field.
    """
    files = pictures or {}
    evaluation, checkpoint = card.evaluation, card.checkpoint
    parts = [
        f"# {title or card.name}",
        evaluation.sentence("accuracy"),
        "## What it is for",
        _PURPOSE.format(example="happy" if "happy" in checkpoint.classes else checkpoint.classes[0]),
        "## What it must not be used for",
        _FORBIDDEN,
        "## Network and input",
        _network(card),
        "## Data",
        _data(card, terms),
    ]
    if recipe := _recipe(checkpoint.provenance.get("recipe"), origins or {}):
        parts += ["## Recipe", recipe]
    if "curves" in files:
        parts.append(f"![Accuracy by epoch]({files['curves']})")
    parts += ["## Figures", _figures(card)]
    if card.warnings:
        parts += ["## Read these figures with care", "\n".join(f"- {warning}" for warning in card.warnings)]
    parts += [
        "## Confusion table",
        "Rows are the true classes, columns the predicted ones, in images.",
        _confusion(card),
        *([f"![Confusion matrix]({files['confusion']})"] if "confusion" in files else []),
        *_calibration(calibration, files.get("reliability", "")),
        "## Known failures",
        "\n".join(f"- {failure}" for failure in known_failures(card)),
    ]
    if groups is not None:
        parts += ["## Groups of people", "\n".join(f"- {part.sentence('accuracy')}" for part in groups) or _NO_GROUPS]
    return "\n\n".join(parts) + "\n"


def with_origins(text: str, checkpoint: Checkpoint, origins: Mapping[str, str]) -> str:
    """The text of a card that says of its network and its recipe where they come from, and in today's words how the
    weights were chosen; all else stays.

    Args:
        text: A card that :func:`card_markdown` wrote, also an earlier version of it.
        checkpoint: The network that it is about.
        origins: Where settings of the recipe come from, by dotted field.

    Example:
        >>> from fer_models.checkpoint import read_checkpoint
        >>> checkpoint = read_checkpoint("checkpoints/vgg-fer2013")
        >>> with_origins(checkpoint.card, checkpoint, {}) == checkpoint.card
        True
    """
    parts = text.removesuffix("\n").split("\n\n")
    for n, heading in enumerate(parts[:-1]):
        if heading == "## Network and input":
            first, *rest = [line for line in parts[n + 1].split("\n") if not line.startswith(_SOURCE)]
            parts[n + 1] = "\n".join([first, *(f"- {line}" for line in _source(checkpoint.network)), *rest])
        elif heading == "## Data" and checkpoint.provenance.get("selection"):
            rule = f"- {_selection(checkpoint)}"
            parts[n + 1] = "\n".join(
                rule if line.startswith(f"- {_RULE}") else line for line in parts[n + 1].split("\n")
            )
        elif heading == "## Recipe":
            parts[n + 1] = _recipe(checkpoint.provenance.get("recipe"), origins)
    return "\n\n".join(parts) + "\n"


def known_failures(card: Scorecard) -> list[str]:
    """Sentences on where the network fails, computed from its confusion matrix and confidences."""
    evaluation = card.evaluation
    table, names = evaluation.confusion, evaluation.classes
    per_class = table.sum(1)
    recalls = evaluation.recalls()
    present = [k for k in range(len(names)) if per_class[k]]
    worst = min(present, key=lambda k: table[k, k] / per_class[k])
    failures = [
        f"{names[worst].capitalize()} is found least often: {percent_text(recalls[names[worst]].value)} of its "
        f"{per_class[worst]:,} images."
    ]
    shares = table / np.maximum(per_class, 1)[:, None]
    np.fill_diagonal(shares, 0)
    for cell in np.argsort(-shares, axis=None, kind="stable")[:_MOST_NAMED]:
        true, predicted = divmod(int(cell), len(names))
        if shares[true, predicted] >= _NAMED:
            failures.append(
                f"{names[true].capitalize()} is taken for {names[predicted]} in "
                f"{percent_text(shares[true, predicted])} of its images "
                f"({table[true, predicted]:,} of {per_class[true]:,})."
            )
    never = [name for k, name in enumerate(names) if not table[:, k].sum()]
    if never:
        failures.append(f"It never answers {', '.join(never)}.")
    confidence = float(evaluation.probabilities.max(1).mean())
    gap = confidence - float(np.trace(table) / table.sum())
    if abs(gap) >= 0.02:
        failures.append(
            f"Its mean confidence of {percent_text(confidence)} lies {abs(gap) * 100:.1f} points "
            f"{'above' if gap > 0 else 'below'} its accuracy."
        )
    wrong = evaluation.predictions != evaluation.targets
    sure = int((wrong & (evaluation.probabilities.max(1) >= 0.9)).sum())
    if sure:
        failures.append(f"{sure:,} of its {int(wrong.sum()):,} errors are made with a confidence of at least 90 %.")
    return failures


def _network(card: Scorecard) -> str:
    checkpoint, preprocess = card.checkpoint, card.checkpoint.preprocess
    colour = "grey" if preprocess.channels == 1 else "RGB"
    lines = [
        f"Network `{checkpoint.network}`, classes {', '.join(checkpoint.classes)}.",
        *_source(checkpoint.network),
        f"Input: a {colour} face of {preprocess.size} x {preprocess.size} pixels, crop margin "
        f"{preprocess.crop_margin:g}, alignment {preprocess.alignment}"
        + (f", {preprocess.interpolation} resizing." if preprocess.interpolation != "cubic" else "."),
    ]
    if card.cost.parameters is not None:
        lines.append(
            f"{card.cost.parameters:,} parameters"
            + (f", {card.cost.macs / 1e6:,.1f} million MACs." if card.cost.macs else ".")
        )
    if card.cost.milliseconds is not None:
        lines.append(
            f"{card.cost.milliseconds:.1f} ms per image" + (f" on {card.cost.device}." if card.cost.device else ".")
        )
    lines.append(f"SHA-256 of the weights: `{checkpoint.sha256}`.")
    return "\n".join(f"- {line}" for line in lines)


#: Beginnings of the lines that :func:`_source` gives.
_SOURCE = ("- Source: ", "- Default sizes")
_RULE = "Selection rule: "


def _source(network: str) -> list[str]:
    """The paper of a network, and who chose its sizes."""
    if network not in ARCHITECTURES:
        return []
    kind, sizes = ARCHITECTURES[network], ARCHITECTURES[network].size_origin
    return [f"Source: {kind.paper.rstrip('.')}.", f"Default sizes ({sizes.source}): {sizes.where}."]


def _data(card: Scorecard, terms: str) -> str:
    evaluation, checkpoint, origin = card.evaluation, card.checkpoint, card.checkpoint.provenance
    trained = f"Trained on {origin['data']}, split {origin.get('split', 'not stated')}." if "data" in origin else ""
    lines = [
        trained,
        _selection(checkpoint, evaluation.selection),
        f"Measured on {evaluation.data}, {evaluation.split}, {evaluation.n:,} images "
        f"(SHA-256 `{evaluation.fingerprint}`).",
        f"Terms of the data: {terms}" if terms else "",
        "Images with a copy in training were not looked for." if card.leaked is None else "",
    ]
    return "\n".join(f"- {line}" for line in lines if line)


def _selection(checkpoint: Checkpoint, measured: str = "") -> str:
    """How the weights were chosen; ``measured`` is what the figures say of it where the network does not."""
    rule = str(checkpoint.provenance.get("selection") or measured)
    return f"{_RULE}{selection_text(rule) if rule else 'not stated'}."


def _recipe(recipe: Any, origins: Mapping[str, str]) -> str:
    if not isinstance(recipe, Mapping):
        return ""
    plain = {name: value for name, value in recipe.items() if value not in ("", None, {}, [])}
    if not plain:
        return ""
    rows = [["setting", "value", "from"][: 3 if origins else 2]]
    for name, value in plain.items():
        rows.append([str(name).lstrip("_"), str(value), *([_origin_of(str(name), origins)] if origins else [])])
    return markdown.table(rows, 3 if origins else 1)


def _origin_of(name: str, origins: Mapping[str, str]) -> str:
    """Where a setting comes from; of a group of settings each one that is known."""
    inner = [f"{field.partition('.')[2]} {text}" for field, text in origins.items() if field.startswith(f"{name}.")]
    return origins.get(name, "") or "; ".join(inner)


def _figures(card: Scorecard) -> str:
    rows = [["figure", "value [95 % interval]", "n"]]
    for figure in card.figures:
        rows.append([f"{METRICS[figure.metric].title}, {figure.label}", figure.text, f"{figure.n:,}"])
    for name, estimate in card.evaluation.recalls().items():
        n = int(card.evaluation.confusion[card.evaluation.classes.index(name)].sum())
        rows.append([f"Recall of {name}", interval_text(*estimate) if n else "no images", f"{n:,}"])
    if card.comparisons.votes is not None:
        majority = interval_text(*card.comparisons.votes.majority)
        rows.append(["Names the class that most annotators chose", majority, f"{card.comparisons.votes.n:,}"])
        text = interval_text(*card.comparisons.votes.share)
        rows.append(
            [
                f"Annotators who agree (at most {percent_text(card.comparisons.votes.ceiling)})",
                text,
                f"{card.comparisons.votes.n:,}",
            ]
        )
    for baseline in card.comparisons.baselines:
        rows.append([f"For comparison: {baseline.label}", percent_text(baseline.accuracy), f"{baseline.n:,}"])
    if card.human is not None:
        low, high, source = card.human
        rows.append([f"For comparison: people ({source})", f"{percent_text(low)} to {percent_text(high)}", ""])
    return markdown.table(rows)


def _calibration(calibration: Calibration | None, picture: str) -> list[str]:
    if calibration is None:
        return []
    return ["## Confidence", calibration.sentences, *([f"![Reliability]({picture})"] if picture else [])]


def _confusion(card: Scorecard) -> str:
    names = list(card.evaluation.classes)
    table = card.evaluation.confusion
    return markdown.table(
        [["", *names], *([f"**{name}**", *(f"{n:,}" for n in row)] for name, row in zip(names, table, strict=True))]
    )
