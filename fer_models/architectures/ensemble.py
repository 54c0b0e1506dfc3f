"""Several networks combined: the mean of their probabilities, weighted or not, or a vote.

Source: Khanzada et al. 2020 and the BUET report of He 2023, which combine three networks and say no more; the plain
mean of the softmax outputs is our choice. The members are part of the options, so that an ensemble is saved, loaded,
trained and explained like any other network.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from fer_models.architectures.base import ARCHITECTURES, FERNetwork
from fer_models.errors import UserError
from fer_models.settings import about, checked, ours, parse_json

_TITLE = "Ensemble"
_OURS = ours("the sources combine three networks and say no more")
_FLOOR = 1e-6  # probability that a vote leaves to a class without votes: its logarithm stays finite


@checked(_TITLE)
class EnsembleOptions:
    """Members of an ensemble and how their answers are combined.

    A member is a network's key, with options as JSON after it if they are not the defaults, for instance
    ``'resnet18 {"stem": "7x7"}'``. A picture is brought to a member's size as :func:`fer_models.faces.image.resize`
    does.
    """

    members: Annotated[
        tuple[str, ...],
        Field(strict=False, min_length=1),
        about("Networks, with options as JSON after the key.", _OURS),
    ] = ("multibranch", "optimised_cnn", "resnet18")
    combine: Annotated[Literal["mean", "vote"], about("Mean of the probabilities, or a vote.", _OURS)] = "mean"
    weights: Annotated[
        tuple[Annotated[float, Field(ge=0)], ...],
        Field(strict=False),
        about("One a member, none for equal ones.", _OURS),
    ] = ()
    sizes: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        Field(strict=False),
        about("Side in pixels that each member reads, none where all read the input as it is.", _OURS),
    ] = ()

    def __post_init__(self) -> None:
        for name in ("weights", "sizes"):
            count = len(getattr(self, name))
            if count not in (0, len(self.members)):
                raise ValueError(f"{name} must have one number per member ({len(self.members)}) or none, not {count}.")
        if self.weights and not any(self.weights):
            raise ValueError("weights must not all be 0.")


def _fit(x: Tensor, size: int) -> Tensor:
    """Bring pictures (B, C, H, W) to ``size`` pixels: averaged over areas to shrink, cubic to grow."""
    if x.shape[-2:] == (size, size):
        return x
    x = F.interpolate(x, (min(size, x.shape[-2]), min(size, x.shape[-1])), mode="area")
    return F.interpolate(x, (size, size), mode="bicubic", align_corners=False)


def _parse_member(text: str) -> tuple[str, dict[str, Any]]:
    key, _, tail = text.strip().partition(" ")
    try:
        options = parse_json(tail) if tail.strip() else {}
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise UserError(f"{_TITLE}: the options of member {key!r} are not a JSON object: {tail.strip()!r}.")
    if key == "ensemble":
        raise UserError(f"{_TITLE}: a member cannot be an ensemble itself.")
    return key, options


@ARCHITECTURES.register("ensemble")
class Ensemble(FERNetwork):
    r"""An ensemble of FER networks that read the same input. Its logits are logarithms of the combined probabilities.

    With ``combine="vote"`` a class's probability is the (weighted) share of the members whose first choice it is, in
    the forward value; the gradient is that of the mean, so that a vote can be explained and trained too.

    Shape:
        - Input :math:`(B, 1..3, H, W)`, sides from the largest ``min_size`` of the members up.
        - Feature "map" :math:`(B, \sum D_m, 1, 1)`: the members' embeddings, one after the other. Maps in space are the
          members' own, see :attr:`cam_layers`.

    Raises:
        UserError: If a member is unknown or takes other options, is an ensemble itself, or the weights do not fit.
    """

    title = _TITLE
    paper = "Khanzada et al. 2020, Facial expression recognition with deep learning; BUET report of He 2023"
    summary = "Mean, weighted mean or vote of several networks; three different ones by default."
    size_origin = _OURS
    Options = EnsembleOptions
    native_input = (1, 48, 48)
    min_size = 16

    def __init__(self, num_classes: int, in_channels: int, options: EnsembleOptions):
        super().__init__(num_classes, in_channels, options)
        members: list[FERNetwork] = []
        for text in options.members:
            key, values = _parse_member(text)
            network = ARCHITECTURES[key]
            member = network(num_classes, in_channels, network.parse_options(values))
            member.key = key
            members.append(member)
        self._adopt(members)

    @classmethod
    def of(
        cls,
        members: Sequence[FERNetwork],
        combine: Literal["mean", "vote"] = "mean",
        weights: Sequence[float] = (),
        sizes: Sequence[int] = (),
    ) -> Ensemble:
        """An ensemble of existing networks, which are used themselves, not copied.

        Raises:
            UserError: If the members differ in classes or input channels.
        """
        if len({(m.num_classes, m.in_channels) for m in members}) != 1:
            raise UserError("The members of an ensemble must have the same classes and the same input channels.")
        names = []
        for member in members:
            changed = {k: v for k, v in member.options_dict().items() if v != getattr(member.Options(), k)}
            names.append(f"{member.key} {json.dumps(changed)}" if changed else member.key)
        options = EnsembleOptions(tuple(names), combine, tuple(float(w) for w in weights), tuple(sizes))
        with torch.device("meta"):  # replaced by the members' weights
            model = cls(members[0].num_classes, members[0].in_channels, options)
        model._adopt(members)
        model.key = "ensemble"
        return model

    def _adopt(self, members: Sequence[FERNetwork]) -> None:
        self.members = nn.ModuleList(members)
        self.num_features = sum(m.num_features for m in members)
        self.sizes = self.options.sizes or (0,) * len(members)  # 0: the input as it is
        free = [m.min_size for m, size in zip(members, self.sizes, strict=True) if not size]
        self.min_size = max(free, default=8)  # type: ignore[misc]
        weights = self.options.weights or (1.0,) * len(members)
        self.shares = [w / sum(weights) for w in weights]

    def _networks(self) -> list[FERNetwork]:
        return [m for m in self.members if isinstance(m, FERNetwork)]

    def forward_features(self, x: Tensor) -> Tensor:
        embeddings = []
        for member, size in zip(self._networks(), self.sizes, strict=True):
            images = member.check_input(_fit(x, size) if size else x)
            embeddings.append(member.forward_head(member.forward_features(images), pre_logits=True))
        return torch.cat(embeddings, 1)[:, :, None, None]

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        embedding = features.flatten(1)  # (B, sum of D)
        if pre_logits:
            return embedding
        parts = embedding.split([m.num_features for m in self._networks()], 1)
        logs = torch.stack([m.classifier(part) for m, part in zip(self._networks(), parts, strict=True)], 0)
        logs = torch.log_softmax(logs.float() if logs.dtype in (torch.float16, torch.bfloat16) else logs, -1)
        shares = torch.tensor(self.shares, dtype=logs.dtype, device=logs.device)[:, None, None]
        mean = torch.logsumexp(logs + shares.log(), 0)  # (B, K)
        if self.options.combine == "mean":
            return mean
        classes = torch.arange(self.num_classes, device=logs.device)
        votes = ((logs.argmax(-1, keepdim=True) == classes).to(logs.dtype) * shares).sum(0)
        vote = torch.log(votes * (1 - self.num_classes * _FLOOR) + _FLOOR)
        return mean + (vote - mean).detach()

    def reset_classifier(self, num_classes: int) -> None:
        """Replace every member's last linear layer."""
        for member in self._networks():
            member.reset_classifier(num_classes)
        self.num_classes = num_classes

    @property
    def classifier(self) -> nn.Linear:
        """The first member's last linear layer."""
        return self._networks()[0].classifier

    def _set_classifier(self, layer: nn.Linear) -> None:
        self._networks()[0]._set_classifier(layer)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        """Every member's layers under ``"member: layer"``, the first member's deepest first."""
        return {
            name: module
            for names, m in zip(self.member_layers, self._networks(), strict=True)
            for name, module in zip(names, m.cam_layers.values(), strict=True)
        }

    @property
    def member_layers(self) -> list[list[str]]:
        """Names of each member's layers in :attr:`cam_layers`."""
        return [[f"{i} {m.title}: {layer}" for layer in m.cam_layers] for i, m in enumerate(self._networks(), 1)]
