"""Under which recipe, data and folds a printed row is measured: as printed, and beside it without shared people."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

from fer_models.data.protocols import PROTOCOLS
from fer_models.evaluation.claims.paper_figures import PaperFigure
from fer_models.papers import PAPERS
from fer_models.training.recipe import Recipe, load_preset

#: Methods of the tables that are networks here: key and options. All others belong to other papers.
METHODS: dict[str, tuple[str, dict[str, object]]] = {
    "LDCNN": ("ldcnn", {}),
    "CLDCNN": ("cldcnn", {}),
    "ResNet-18+CBAM": ("resnet18_cbam", {}),
    "EfficientNet-B2": ("efficientnet_b2", {}),
    "Implementation of mother paper model replacing DSC with Conv2D": (
        "multibranch",
        {"branches": 1, "conv_type": "conv"},
    ),
    "ResNet (untrained)": ("resnet18", {}),
    "Ensemble CNN [6]": ("ensemble", {}),
    "Secondary paper (Vulpe-Grigorasi and Grigore 2021)": ("optimised_cnn", {}),
}
#: Sets whose faces have names, so that folds can hold out people.
_WITH_PEOPLE = ("jaffe", "ckplus", "oulucasia", "kdef")


@dataclass(frozen=True)
class Plan:
    """How a row is measured.

    Args:
        preset: Recipe that it begins with.
        data: Key of the data set's reader.
        changes: Fields that differ from the preset, as ``key=value``.
        protocol: Key in :data:`fer_models.data.protocols.PROTOCOLS`.
        remark: What differs from the paper all the same; may be empty.
    """

    preset: str
    data: str
    changes: tuple[str, ...]
    protocol: str
    remark: str = ""

    @property
    def folds(self) -> int:
        """How many networks it trains."""
        return PROTOCOLS[self.protocol].folds

    @property
    def by_subject(self) -> bool:
        """Whether no person is both in training and in the test."""
        return PROTOCOLS[self.protocol].by_subject

    @property
    def recipe(self) -> Recipe:
        """The whole recipe of its first fold."""
        start = dataclasses.replace(load_preset(self.preset), data=self.data, protocol=self.protocol)
        return start.with_settings(list(self.changes))

    @property
    def command(self) -> str:
        """The command that measures it."""
        changes = "".join(f" --set {quoted(change)}" for change in self.changes)
        if self.folds == 1:
            own = load_preset(self.preset).protocol
            split = "" if self.protocol == own else f" --set protocol={self.protocol}"
            return f"fer train --preset {self.preset} --data {self.data}{changes}{split}"
        by = "subject" if self.by_subject else "random"
        return f"fer study {self.preset} --data {self.data}{changes} --folds {self.folds} --by {by}"

    @property
    def twin(self) -> Plan | None:
        """The same without shared people; ``None`` where the data do not name them or it is so already."""
        protocol = f"{self.protocol}-subject"
        if self.data not in _WITH_PEOPLE or protocol not in PROTOCOLS:
            return None
        return dataclasses.replace(self, protocol=protocol)


def quoted(change: str) -> str:
    """A change of a recipe as a shell takes it."""
    return f"'{change}'" if set(change) & set('{}[]" ') else change


def network_of(figure: PaperFigure) -> tuple[str, dict[str, object]] | None:
    """Key and options of the network behind a row; ``None`` for networks that are not here."""
    if figure.metric in ("probability", "share_of_faces", "images"):
        return None
    if figure.own and figure.method not in METHODS:
        found: tuple[str, dict[str, object]] = (PAPERS[figure.paper].network, {})
    elif figure.method in METHODS:
        found = METHODS[figure.method]
    else:
        return None
    word, _, number = figure.case.partition(" ")
    return (found[0], {**found[1], "depth": int(number)}) if word == "depth" else found


def plan_of(figure: PaperFigure) -> Plan | None:
    """How a printed figure is measured under its own protocol; ``None`` for figures of networks that are not here.

    Where the paper states no split, the official parts are taken, or five folds of images where a set has none.

    Example:
        >>> from fer_models.evaluation.claims.paper_figures import paper_figures
        >>> row = next(f for f in paper_figures(paper="sldcnn", dataset="ckplus") if f.table == "Table 4" and f.own)
        >>> plan_of(row).command
        'fer study sldcnn-paper --data ckplus --folds 10 --by random'
    """
    network = network_of(figure)
    if network is None:
        return None
    preset, changes, remark = _start(figure)
    own = load_preset(preset)
    key, options = network
    if key != own.network:
        changes.append(f"network={key}")
        if own.options:
            changes.append("options={}")
    if own.loss == "intra_class_distance" and key not in ("ldcnn", "cldcnn", "sldcnn"):
        changes += ["loss=cross_entropy", "loss_options={}"]
    for name, value in options.items():
        changes.append(f"options.{name}={value if isinstance(value, str) else json.dumps(value)}")
    return Plan(preset, figure.reader, tuple(changes), _protocol(figure), remark)


def _start(figure: PaperFigure) -> tuple[str, list[str], str]:
    """Preset, changes and remark by paper, before the network."""
    presets = PAPERS[figure.paper].presets
    if figure.paper == "separable-attention" and figure.reader != "fer2013":
        changes = ["batch_size=16"] if figure.reader == "jaffe" else []
        return "separable-transfer", changes, "the first step, separable-paper on FER2013, is the shipped network"
    if figure.paper != "multibranch-buet":
        return presets[0], [], ""
    if "He 2023" in figure.method:
        return "multibranch-he", [], ""
    if "Secondary" in figure.method:
        return "optimised-cnn-paper", [], ""
    changes = ["augmentation={}"] if "without augmentation" in figure.protocol else []
    remark = (
        "trained on the ICML parts; the Kaggle folders are a set of their own" if "Kaggle" in figure.protocol else ""
    )
    if "Auxiliary" in figure.protocol:
        remark = "without the auxiliary data"
    return "multibranch-report", changes, remark


def _protocol(figure: PaperFigure) -> str:
    stated = figure.protocol
    if "10-fold" in stated:
        return "folds-10"
    if "7:2:1" in stated:
        return "7-2-1"
    return "official" if figure.reader in ("fer2013", "ferplus", "rafdb") else "folds-5"
