"""The base class of explanation methods, and :func:`explain`, which runs any of them."""

from __future__ import annotations

import functools
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from fer_models.architectures.base import FERNetwork
from fer_models.errors import UserError
from fer_models.explain.attribution import Attribution
from fer_models.explain.layers import default_layer, find_layer, layer_sizes, modules_of
from fer_models.explain.target import Target, check_of, read_target
from fer_models.explain.untouched import untouched
from fer_models.progress import Progress, silent, within
from fer_models.registry import Registry
from fer_models.settings import from_signature, from_values

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

__all__ = [
    "EXPLAINERS",
    "USUAL_METHOD",
    "Attribution",
    "Explainer",
    "Query",
    "default_layer",
    "explain",
    "layer_sizes",
    "register_explainer",
]

EXPLAINERS: Registry[type[Explainer]] = Registry("explanation method")
#: The default method of pages and robustness tests. At the layer where small pictures still have maps, its maps carry
#: more of the prediction than random ones, which Grad-CAM's do not (benchmarks/README.md).
USUAL_METHOD = "layer_cam"

AtOnce = Annotated[int, Field(ge=1, description="How many go through the network together.")]
Seed = Annotated[int, Field(ge=0, le=2**31 - 1, description="Of what is drawn at random.")]
Upsampling = Annotated[Literal["bilinear", "nearest"], Field(description="How a small map is brought to the image.")]


@dataclass(frozen=True)
class Query:
    """The input of a method: network (locked, in evaluation mode), batch (B, C, H, W), target, layer, score.

    ``layer`` and ``module`` are ``None`` for methods that use no layer; ``black`` is a black pixel on the network's
    scale, one number or (C, 1, 1); ``found`` takes what a method notes beside its map, by the name of a field of
    :class:`~fer_models.explain.attribution.Attribution`: ``sums``, ``cells`` or ``agreement``. ``modules`` are the
    layers of an ensemble's members, whose maps are averaged, and ``passes`` keeps what one pass recorded at each.
    """

    model: FERNetwork
    batch: Tensor
    target: Target
    of: str
    layer: str | None = None
    module: nn.Module | None = None
    black: float | Tensor = -1.0
    progress: Progress = silent
    found: dict[str, Tensor] = field(default_factory=dict)
    modules: Sequence[nn.Module] = ()
    passes: dict[nn.Module, tuple[Tensor, Tensor]] | None = None

    def claim(self, total: Tensor, expected: Tensor) -> None:
        """Note what the values of each picture sum to, (B,), and what the method says that they sum to, (B,)."""
        self.found["sums"] = torch.stack([total.detach(), expected.detach()], 1)

    def part(self, rows: Tensor) -> Query:
        """The query of some of the pictures, int64 (n,), with notes of its own."""
        against = None if self.target.against is None else self.target.against[rows]
        target = Target(self.target.index[rows], against)
        return replace(self, batch=self.batch[rows], target=target, found={})

    def score(self, logits: Tensor) -> Tensor:
        """The explained score, (N,), from logits (N, K); see :meth:`Target.score`."""
        return self.target.score(logits, self.of)


class Explainer(ABC):
    """One explanation method. It has no state, so an instance can be reused.

    Class attributes:
        key: its name in the registry.
        title: shown on a page, as are ``summary`` (one sentence), ``paper`` and ``cost``.
        family: ``"cam"``, ``"gradient"`` or ``"perturbation"``.
        uses_layer: whether it takes a layer.
        signed: whether it counts evidence against the target; without, only negative feature maps give negative values.
        class_specific: ``False`` if the map is the same for every class.
        needs_gradients: whether it cannot work without the network's gradients.
        batch_size: pictures processed at once; larger batches are split, with progress in between.
        rough: options for a quicker map of a network with shuffled weights, whose exact values do not matter.
        captum: ``"computes"`` if captum computes the map, ``"checks"`` if a test holds our code to captum's.
        choices: options that change the meaning of the map, which a page offers: name to label, and values with titles.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    paper: ClassVar[str]
    cost: ClassVar[str]
    family: ClassVar[Literal["cam", "gradient", "perturbation"]]
    uses_layer: ClassVar[bool] = False
    signed: ClassVar[bool] = True
    class_specific: ClassVar[bool] = True
    needs_gradients: ClassVar[bool] = True
    batch_size: ClassVar[int] = 128
    rough: ClassVar[Mapping[str, Any]] = {}
    captum: ClassVar[Literal["", "computes", "checks"]] = ""
    choices: ClassVar[Mapping[str, tuple[str, Mapping[str, str]]]] = {}

    @abstractmethod
    def compute(self, query: Query, *args: Any, **options: Any) -> Tensor:
        """Attribution (B, H, W) at input resolution; keyword arguments with defaults are the method's options."""

    @classmethod
    def description(cls) -> str:
        """The summary, and what captum has to do with it."""
        words = {
            "": "",
            "computes": "Computed by captum.",
            "checks": "Own code, held to captum's in the tests.",
        }
        return f"{cls.summary} {words[cls.captum]}".strip()

    def unsupported(self, model: FERNetwork) -> str | None:
        """Why this method cannot run on that network, in one sentence; ``None`` if it can. Hold the model's lock."""
        return None

    def refusal(self, model: FERNetwork) -> str | None:
        """Why this method cannot run on that network, its own reasons and those of all methods of its kind."""
        if not model.differentiable and (self.needs_gradients or self.uses_layer):
            return f"{self.title} needs layers and gradients, which an {model.title} does not give."
        if self.uses_layer and not model.cam_layers:
            return f"{self.title} needs a layer with a map, and {model.title} has none."
        return self.unsupported(model)

    @classmethod
    @functools.cache
    def option_type(cls) -> type[Any]:
        """The method's own options as a :func:`fer_models.settings.checked` class, for forms and the command line."""
        return from_signature(cls.title, cls.compute)

    @classmethod
    def options(cls) -> dict[str, Any]:
        """The method's own options and their defaults."""
        return dict(vars(cls.option_type()()))

    def attribute(
        self,
        classifier: Classifier,
        batch: Tensor,
        target: Any = None,
        *,
        layer: str | None = None,
        of: str = "logit",
        progress: Progress | None = None,
        **options: Any,
    ) -> Attribution:
        """Explain a batch of network inputs; see :func:`explain` for the arguments and errors."""
        check_of(of)
        options = dict(vars(from_values(self.option_type(), options)))
        if batch.ndim != 4 or not len(batch):
            raise UserError(f"An explanation needs a batch of images (B, C, H, W), not {tuple(batch.shape)}.")
        start = time.perf_counter()
        with classifier.exclusive(), untouched(classifier.model), torch.inference_mode(False), torch.enable_grad():
            model = classifier.model
            batch = model.check_input(batch.clone() if batch.is_inference() else batch.detach())
            if reason := self.refusal(model):
                raise UserError(reason)
            if layer is not None or self.uses_layer:
                layer = find_layer(model, layer, (batch.shape[2], batch.shape[3]))
            layer = layer if self.uses_layer else None
            targets = read_target(target, classifier.classes, _predicted(model, batch, target))
            modules = [] if layer is None else modules_of(model, layer, (batch.shape[2], batch.shape[3]))
            black = classifier.checkpoint.preprocess.black
            query = Query(model, batch, targets, of, layer, next(iter(modules), None), black, modules=modules)
            values, found = self._in_parts(query, progress, options)
        return Attribution(
            values=values.float().cpu().numpy(),
            method=self.key,
            layer=layer,
            layer_size=None if layer is None else layer_sizes(model, tuple(batch.shape))[layer],
            of=of,
            target=targets.index.cpu().numpy(),
            seconds=time.perf_counter() - start,
            against=None if targets.against is None else targets.against.cpu().numpy(),
            options=options,
            **{name: part.float().cpu().numpy() for name, part in found.items()},
        )

    def _in_parts(
        self, query: Query, progress: Progress | None, options: dict[str, Any]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        parts, notes, count = [], [], len(query.batch)
        for start in range(0, count, self.batch_size):
            stop = min(start + self.batch_size, count)

            report = within(progress or silent, start / count, stop / count)
            target = query.target.part(start, stop)
            part = replace(query, batch=query.batch[start:stop], target=target, progress=report, found={})
            compute = self._of_members if len(part.modules) > 1 else self.compute
            parts.append(compute(part, **options).detach())
            notes.append(part.found)
            report(1.0, f"{stop:,} of {count:,} images")
        return torch.cat(parts), {name: torch.cat([note[name] for note in notes]) for name in notes[0]}

    def _of_members(self, query: Query, **options: Any) -> Tensor:
        """The mean of the maps at every member's layer, each divided by its largest magnitude."""
        maps, count = [], len(query.modules)
        passes: dict[nn.Module, tuple[Tensor, Tensor]] = {}
        for number, module in enumerate(query.modules):
            report = within(query.progress, number / count, (number + 1) / count)
            values = self.compute(replace(query, module=module, progress=report, found={}, passes=passes), **options)
            peak = values.abs().amax((1, 2), keepdim=True)
            maps.append(values / torch.where(peak > 0, peak, torch.ones_like(peak)))
        return torch.stack(maps).mean(0)


def _predicted(model: FERNetwork, batch: Tensor, target: Any) -> Tensor:
    """Class numbers (B,); the network runs only if the caller left the class open."""
    open_class = target is None or (isinstance(target, tuple) and any(part is None for part in target))
    if not open_class:
        return torch.zeros(len(batch), dtype=torch.int64, device=batch.device)  # only its length and device are read
    with torch.no_grad():
        return torch.cat([model(part).argmax(1) for part in batch.split(128)])


def register_explainer(key: str) -> Callable[[type[Explainer]], type[Explainer]]:
    """Class decorator: store the method in :data:`EXPLAINERS` and set its ``key``."""

    def add(cls: type[Explainer]) -> type[Explainer]:
        cls.key = key
        return EXPLAINERS.register(key)(cls)

    return add


def explain(
    classifier: Classifier,
    batch: Tensor,
    method: str | None = None,
    target: Any = None,
    *,
    layer: str | None = None,
    of: str = "logit",
    progress: Progress | None = None,
    **options: Any,
) -> Attribution:
    """Explain the prediction of a network for a batch of pictures.

    The model is locked while this runs and left unchanged: no hook, no gradient, no changed flag, even after an error
    or a cancel. Random methods use a separate generator (option ``seed``), so results are reproducible and the
    caller's random state is untouched.

    Args:
        batch: network input (B, C, H, W), as :meth:`Classifier.prepare` makes it.
        method: a key of :data:`EXPLAINERS`; by default :func:`~fer_models.explain.usual_method`.
        target: ``None`` (the predicted class, which costs one more forward pass), a class number or name, B of them,
            or a pair ``(a, b)``: why a and not b, the difference of both scores.
        layer: a name of ``model.cam_layers``; :func:`default_layer` if ``None``; methods without a layer ignore it. For
            an ensemble the default is every member's default layer: the map is the mean of those of its members, each
            divided by its largest magnitude.
        of: explain the ``"logit"`` or the ``"probability"``.
        progress: called with the fraction done and a message; an exception raised in it cancels, and the model is
            restored.
        options: the method's own, see :meth:`Explainer.options`.

    Raises:
        UserError: If the method, layer, class or an option is unknown, or the method cannot run on this network.

    Example:
        >>> from fer_models import load_checkpoint
        >>> classifier = load_checkpoint("checkpoints/fcsdnet-synthetic")
        >>> batch = classifier.prepare([np.eye(48, dtype=np.uint8) * 255])
        >>> attribution = explain(classifier, batch, "layer_cam", target="happy")
        >>> attribution.values.shape, attribution.layer_size
        ((1, 48, 48), (6, 6))
    """
    from fer_models.explain.usable import usual_method  # it asks every method, which are registered later

    chosen = usual_method(classifier) if method is None else method
    return EXPLAINERS[chosen]().attribute(classifier, batch, target, layer=layer, of=of, progress=progress, **options)
