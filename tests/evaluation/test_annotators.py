"""Under which name the annotators' votes for a set's rows are found."""

from types import SimpleNamespace

import pytest

from fer_models.data.catalogue import DatasetEntry
from fer_models.evaluation import annotators


@pytest.mark.parametrize(
    ("name", "votes"),
    [("fer", "plus of fer"), ("other fer", None), ("plus of fer", None), ("jaffe", None), ("gone", None)],
)
def test_fer2013_takes_the_votes_of_its_own_file(name, votes, monkeypatch):
    entries = [
        DatasetEntry("other fer", "FER2013", "/b", "fer2013"),
        DatasetEntry("jaffe", "JAFFE", "/a", "jaffe"),
        DatasetEntry("fer", "FER2013", "/a", "fer2013:part=x"),
        DatasetEntry("plus of nothing", "FERPlus", "/c", "ferplus"),
        DatasetEntry("plus of fer", "FERPlus", "/a", "ferplus"),
    ]
    monkeypatch.setattr(annotators, "known_datasets", lambda: entries)
    assert annotators.votes_name(SimpleNamespace(soft_labels=None), name) == votes
    assert annotators.votes_name(SimpleNamespace(soft_labels=object()), name) == name
