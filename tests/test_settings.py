"""Settings: one sentence for every wrong value, never another exception, and the same values after a round trip."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import Field

from fer_models.architectures import ARCHITECTURES
from fer_models.checkpoint import read_checkpoint
from fer_models.data.augment import Augmentation
from fer_models.data.synthetic import SyntheticOptions
from fer_models.embedding.settings import MapSettings
from fer_models.errors import UserError
from fer_models.explain import EXPLAINERS
from fer_models.losses import LOSSES
from fer_models.preprocess import Preprocess
from fer_models.robustness import CORRUPTIONS
from fer_models.settings import EXACT, checked, from_text, from_values, json_schema, parse_json, setting_fields
from fer_models.training.recipe import Recipe, list_presets, load_preset, read_recipe, recipe_schema
from fer_models.video.sequence_bilstm import SequenceBiLSTMOptions

SHIPPED = sorted(f.parent for f in (Path(__file__).parents[1] / "checkpoints").glob("*/config.json"))
KINDS = {
    "recipe": Recipe,
    "preprocess": Preprocess,
    "augmentation": Augmentation,
    "map": MapSettings,
    "faces": SyntheticOptions,
    "sequence": SequenceBiLSTMOptions,
    **{f"network {key}": network.Options for key, network in ARCHITECTURES.items()},
    **{f"loss {key}": loss.option_type() for key, loss in LOSSES.items()},
    **{f"method {key}": method.option_type() for key, method in EXPLAINERS.items()},
    **{f"corruption {key}": kind for key, kind in CORRUPTIONS.items() if dataclasses.is_dataclass(kind)},
}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 2**63, 0, 1, 3])
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["none", "se", "adam", "2", "black"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@checked("Pool")
class Pool:
    side: Annotated[int, Field(ge=1, le=9, title="Side, pixels", description="Of the window.")] = 2
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    depth: Annotated[Literal[18, 50], EXACT] = 18
    kind: Literal["max", "mean", "none"] = "max"
    sizes: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False, min_length=1)] = (1,)
    padded: bool = False

    def __post_init__(self) -> None:
        if self.side == 9 and self.padded:
            raise ValueError("side must be below 9 where padded is true.")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"side": 0}, "Pool: side must be a whole number from 1 to 9, not 0."),
        ({"side": True}, "Pool: side must be a whole number from 1 to 9, not True."),
        ({"side": 2.0}, "Pool: side must be a whole number from 1 to 9, not 2.0."),
        ({"share": 1}, "Pool: share must be a number above 0 and below 1, not 1."),
        ({"share": math.nan}, "Pool: share must be a number above 0 and below 1, not nan."),
        ({"depth": True}, "Pool: depth must be 18 or 50, not True."),
        ({"depth": 18.0}, "Pool: depth must be 18 or 50, not 18.0."),
        ({"kind": None}, "Pool: kind must be one of max, mean, none, not None."),
        ({"sizes": [0]}, "Pool: sizes must be a list of one or more whole numbers of at least 1, not [0]."),
        ({"padded": 1}, "Pool: padded must be true or false, not 1."),
        ({"spin": 1}, "Pool has no option spin; it has: side, share, depth, kind, sizes, padded."),
        ({"side": 9, "padded": True}, "Pool: side must be below 9 where padded is true."),
        ([1], "Pool must be a JSON object of names and values, not [1]."),
        (None, "Pool must be a JSON object of names and values, not None."),
    ],
)
def test_a_wrong_value_is_one_sentence(values, sentence):
    with pytest.raises(UserError) as error:
        from_values(Pool, values)
    assert str(error.value) == sentence


def test_plain_values_become_the_types_of_the_fields():
    pool = from_values(Pool, {"share": 0.25, "sizes": [1, 2]})
    assert pool == Pool(share=0.25, sizes=(1, 2))
    assert hash(pool) == hash(dataclasses.replace(Pool(), share=0.25, sizes=(1, 2)))
    assert isinstance(Augmentation(rotation=18).rotation, float)
    with pytest.raises(UserError, match="side must be"):
        dataclasses.replace(pool, side=0)
    with pytest.raises(UserError, match="side must be"):
        Pool(0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        pool.side = 3


def test_words_become_values():
    assert from_text(Pool, {"side": "3", "padded": "yes", "kind": "mean"}) == Pool(side=3, padded=True, kind="mean")
    for texts in ({"side": "3.5"}, {"side": "9" * 5000}, {"padded": "perhaps"}, {"spin": "1"}):
        with pytest.raises(UserError, match=next(iter(texts))):
            from_text(Pool, texts)


def test_long_values_are_cut_in_messages():
    deep: list = []
    for _ in range(50_000):
        deep = [deep]
    for value in (10**5000, deep, "x" * 10_000):
        with pytest.raises(UserError) as error:
            Pool(side=value)
        assert len(str(error.value)) < 200


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 5000, "", "{", "\x00"])
def test_text_that_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError):
        parse_json(text)


@pytest.mark.parametrize("text", ["null", "[]", "3", '"epochs"', "[" * 100_000, '{"epochs": ' + "9" * 5000 + "}"])
@pytest.mark.parametrize("read", ["recipe", "checkpoint"])
def test_files_that_hold_something_else_are_refused_in_words(tmp_path, text, read):
    (tmp_path / "config.json").write_text(text)
    (tmp_path / "weights.safetensors").write_bytes(b"")
    with pytest.raises(UserError):
        read_recipe(tmp_path / "config.json") if read == "recipe" else read_checkpoint(tmp_path)


@pytest.mark.parametrize("name", KINDS)
def test_every_field_says_what_it_is(name):
    assert all(field.label for field in setting_fields(KINDS[name]).values())
    if name.split()[0] not in ("corruption", "method"):
        undescribed = [field.name for field in setting_fields(KINDS[name]).values() if not field.help]
        assert undescribed == []


@pytest.mark.parametrize("name", KINDS)
@examples(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_json_value_is_taken_or_refused_in_words(name, data):
    kind = KINDS[name]
    fields = list(setting_fields(kind)) or ["none"]
    values = data.draw(st.dictionaries(st.sampled_from([*fields, "spin", "self"]), JSON, min_size=1, max_size=3))
    try:
        made = from_values(kind, values)
    except UserError as error:
        assert 10 < len(str(error)) < 900
        assert str(error).endswith(".")
        return
    again = json.loads(json.dumps(dataclasses.asdict(made)))
    assert from_values(kind, again) == made


@examples(max_examples=60, deadline=None, derandomize=True)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "epochs": st.integers(1, 5000),
            "lr": st.floats(1e-7, 10) | st.integers(1, 10),
            "optimiser": st.sampled_from(["adam", "adamw", "sgd"]),
            "exclude_leaks": st.booleans(),
            "options": st.dictionaries(st.text(max_size=6), st.integers() | st.booleans() | st.text(max_size=4)),
            "augmentation": st.fixed_dictionaries({}, optional={"rotation": st.floats(0, 180), "_note": st.text()}),
            "_about": st.text(max_size=5),
        },
    )
)
def test_a_recipe_comes_back_from_its_dictionary(values):
    recipe = Recipe.from_dict(values)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    for name in set(values) - {"augmentation", "_about"}:
        assert getattr(recipe, name) == values[name]


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_shipped_checkpoints_keep_their_values(folder):
    stored, checkpoint = json.loads((folder / "config.json").read_text()), read_checkpoint(folder)
    assert json.loads(json.dumps(checkpoint.preprocess.to_dict())) == stored["preprocess"]
    options = ARCHITECTURES[checkpoint.network].parse_options(checkpoint.options)
    defaults = dataclasses.asdict(ARCHITECTURES[checkpoint.network].parse_options({}))  # of options that came later
    whole = json.loads(json.dumps(defaults)) | stored["options"]
    assert json.loads(json.dumps(dataclasses.asdict(options))) == whole
    assert checkpoint.sha256 == stored["weights_sha256"]


def test_the_schema_of_a_recipe_holds_the_options_of_its_network():
    schema = recipe_schema(load_preset("quick"))
    fields = schema["properties"]
    assert (fields["epochs"]["minimum"], fields["epochs"]["maximum"]) == (1, 5000)
    assert fields["optimiser"]["enum"] == ["adam", "adamw", "sgd"]
    assert all(fields[name].get("description") for name in fields)
    network = ARCHITECTURES[load_preset("quick").network]
    assert set(fields["options"]["properties"]) == set(setting_fields(network.Options))
    assert json_schema(Pool)["properties"]["side"]["title"] == "Side, pixels"
    assert {name for name in list_presets() if recipe_schema(load_preset(name))} == set(list_presets())
