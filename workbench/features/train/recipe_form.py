"""The recipe form, generated from the Recipe class, common fields first."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Any

import streamlit as st

from fer_models.architectures import ARCHITECTURES
from fer_models.data.augment import Augmentation
from fer_models.losses import LOSSES
from fer_models.settings import Origin, setting_fields
from fer_models.training.recipe import Recipe
from workbench.widgets import dataclass_form
from workbench.widgets.dataclass_form import Choices

#: Fields chosen in the bar above, or with a form of their own.
_ELSEWHERE = ("data", "network", "options", "loss_options", "augmentation")


def show(recipe: Recipe, *, key: str, choices: Mapping[str, Choices], origins: Mapping[str, Origin]) -> dict[str, Any]:
    """Draw the form and return the changed fields.

    Args:
        recipe: initial values; its ``network`` decides which options there are.
        key: prefix of the widgets' keys; another recipe needs another key.
        choices: possible values of fields that come from registries.
        origins: where initial values come from, by dotted field.
    """
    values = recipe.to_dict()
    fields = [f for f in setting_fields(Recipe).values() if f.name not in _ELSEWHERE]
    result = dataclass_form.show(
        Recipe,
        values,
        key=key,
        fields=[f.name for f in fields if not f.advanced],
        choices=choices,
        origins=origins,
        columns=4,
    )
    if origins:
        st.caption(_counted(origins))
    with st.expander("Advanced"):
        groups: dict[str, list[str]] = {}
        for f in fields:
            if f.advanced:
                groups.setdefault(f.group, []).append(f.name)
        tabs = st.tabs([*groups, f"Options of {ARCHITECTURES[recipe.network].title}", "Augmentation"])
        for tab, names in zip(tabs, groups.values(), strict=False):
            with tab:
                result |= dataclass_form.show(Recipe, values, key=key, fields=names, choices=choices, origins=origins)
                if "loss" in names:
                    result["loss_options"] = _loss_options(recipe, result["loss"], key, origins)
        with tabs[-2]:
            result["options"] = _network_options(recipe, key, origins)
        with tabs[-1]:
            result["augmentation"] = dataclass_form.show(
                Augmentation,
                values["augmentation"],
                key=f"{key} change",
                origins=_inside(origins, "augmentation"),
                columns=4,
            )
    return result


def _network_options(recipe: Recipe, key: str, origins: Mapping[str, Origin]) -> dict[str, Any]:
    """Draw the network's options; return those that differ from its defaults."""
    kind = ARCHITECTURES[recipe.network].Options
    defaults = dataclasses.asdict(kind())
    values = dataclass_form.show(
        kind, {**defaults, **recipe.options}, key=f"{key} {recipe.network}", origins=_inside(origins, "options")
    )
    return {name: value for name, value in values.items() if value != _plain(defaults[name])}


def _loss_options(recipe: Recipe, loss: str, key: str, origins: Mapping[str, Origin]) -> dict[str, Any]:
    defaults = LOSSES[loss].options()
    recipe_options = recipe.loss_options if loss == recipe.loss else {}
    values = dataclass_form.show(
        LOSSES[loss].option_type(),
        {**defaults, **recipe_options},
        key=f"{key} {loss}",
        origins=_inside(origins, "loss_options") if loss == recipe.loss else None,
    )
    return {
        **recipe_options,
        **{name: value for name, value in values.items() if value != defaults[name] or name in recipe_options},
    }


def _inside(origins: Mapping[str, Origin], group: str) -> dict[str, Origin]:
    """Origins of the fields of one group, without its name."""
    return {name.removeprefix(f"{group}."): origin for name, origin in origins.items() if name.startswith(f"{group}.")}


def _counted(origins: Mapping[str, Origin]) -> str:
    """How many settings come from where."""
    counts = Counter(origin.source for origin in origins.values())
    return (
        f"Where the settings come from: {counts['paper']} paper, {counts['code']} author's code, "
        f"{counts['ours']} ours. The help of each field says where and why."
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
