"""What the table of the Trust tab says against the verdict of a card."""

from __future__ import annotations

from collections.abc import Iterator

from fer_models.explain.trust.card import TrustCard
from workbench.features.explain.model import trust
from workbench.features.explain.model.trust_tables import rows


def contradictions(card: TrustCard) -> Iterator[str]:
    """A sentence for each number, as printed in the first row of the table, that speaks against the verdict."""
    for baseline, standing in card.standings.items():
        (first, *_), bold = rows(trust.card_measures(standing))
        gap, blob, edges = (float(first[column]) for column in (2, 5, 6))
        low, high = (float(end) for end in first[3].split("[")[1].rstrip("]").split(","))
        more, sentence = (0, 2) in bold, card.sentence
        if more != (gap > high) and gap != high:  # equal as printed says neither
            yield f"bold and band differ: {first}"
        if card.level == "good" and (not more or gap < max(high, blob, edges)):
            yield f"green, but {first} at {baseline}"
        if "carry more" in sentence and (not more or gap < high):
            yield f"more than random maps, but {first} at {baseline}"
        if f"with the {baseline} baseline" in sentence:
            if more:
                yield f"no more than random maps, but {first} at {baseline}"
            if f"{first[4]} do as well with the {baseline} baseline" not in sentence:
                yield f"the sentence counts otherwise than {first[4]} at {baseline}"
            if "carry less" in sentence and gap > low:
                yield f"less than random maps, but {first} at {baseline}"
