"""Several sets as one: classes by name, parts by role, people of each set apart, copies across sets found."""

import numpy as np
import pytest

from fer_models.data import make_split, open_dataset
from fer_models.data.dataset import FaceDataset
from fer_models.data.joined import join, joined_name, parse_joined
from fer_models.data.leaks.cache import duplicates_of
from fer_models.errors import UserError
from fer_models.training.recipe import Recipe


def small(name, classes, labels, *, shape=(8, 8, 1), splits=("all",), subjects=None):
    dice = np.random.default_rng(0)
    count = len(labels)
    return FaceDataset(
        name=name,
        images=dice.integers(0, 255, (count, *shape), dtype=np.uint8),
        labels=np.asarray(labels, np.int64),
        classes=classes,
        split=np.arange(count, dtype=np.int8) % len(splits),
        split_names=splits,
        rows=np.arange(100, 100 + count),
        source=f"/{name}",
        subjects=None if subjects is None else np.asarray(subjects),
    )


FER = small("fer2013", ("angry", "happy", "neutral"), [0, 1, 2, 1], splits=("Training", "PublicTest"))
CK = small("ckplus", ("anger", "contempt", "happy"), [0, 1, 2], shape=(12, 12, 3), subjects=["S1", "", "S1"])


def test_classes_meet_by_name_and_mapped_ones_are_left_out():
    both = join([FER, CK], {"contempt": ""})
    assert both.classes == ("angry", "happy", "neutral")
    assert [both.classes[label] for label in both.labels] == ["angry", "happy", "neutral", "happy", "angry", "happy"]
    assert both.images.shape == (6, 8, 8, 1) and np.array_equal(both.images[:4], FER.images)
    assert both.split_names == ("train", "val") and both.split.tolist() == [0, 1, 0, 1, 0, 0]
    assert both.columns["set"].tolist() == ["fer2013"] * 4 + ["ckplus"] * 2
    assert both.columns["set_row"].tolist() == [100, 101, 102, 103, 100, 102]
    assert both.subjects.tolist() == ["", "", "", "", "ckplus/S1", "ckplus/S1"]
    assert join([FER, CK], {"contempt": "disgust"}).classes == ("angry", "disgust", "happy", "neutral")


def test_impossible_maps_get_a_sentence():
    with pytest.raises(UserError, match="No joined set has the class fear"):
        join([FER, CK], {"fear": "happy"})
    with pytest.raises(UserError, match="Fewer than two classes"):
        join([FER], {"angry": "", "happy": ""})
    with pytest.raises(UserError, match="not a class mapping"):
        parse_joined("a + b | contempt")
    with pytest.raises(UserError, match="without a name"):
        parse_joined("a + ")


def test_names_go_both_ways_and_a_recipe_takes_a_list():
    name = joined_name(["fer2013", "ckplus"], {"contempt": "", "scared": "fear"})
    assert parse_joined(name) == (["fer2013", "ckplus"], {"contempt": "", "scared": "fear"})
    assert parse_joined("fer2013") is None
    recipe = Recipe.from_dict({"data": ["fer2013", "ckplus"], "class_map": {"contempt": ""}})
    assert recipe.data == "fer2013 + ckplus | contempt=" and Recipe.from_dict(recipe.to_dict()) == recipe
    with pytest.raises(UserError, match="list of names"):
        Recipe.from_dict({"data": [1, 2]})


def test_the_built_in_faces_are_joined_divided_and_audited():
    one = "synthetic:count=42,seed=0,size=48"
    both = open_dataset(f"{one} + {one} | surprise=")
    assert len(both.classes) == 6 and "surprise" not in both.classes
    split = make_split(both, "folds-5-subject")
    assert len(split.train) + len(split.val) + len(split.test) == len(both)
    half = len(both) // 2
    assert np.array_equal(duplicates_of(both).first[half:], np.arange(half))  # copies across the sets are found
