"""Predictions of several networks for the same faces, clean and corrupted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.classifier import Classifier
from fer_models.data.leaks.units import people_in
from fer_models.errors import UserError
from fer_models.evaluation.class_match import match_classes, softmax
from fer_models.explain import EXPLAINERS, USUAL_METHOD, explain, unsupported_methods
from fer_models.explain.faithfulness.similarity import rank_correlation
from fer_models.progress import Progress
from fer_models.robustness.corruption import CORRUPTIONS, SEVERITIES, Corruption
from fer_models.robustness.geometry import FaceGeometry


@dataclass(frozen=True)
class Answers:
    """Predictions of one network for the N faces under one corruption at one severity.

    Args:
        predicted: int64 (N,), positions in the result's classes.
        confidence: float32 (N,), their probabilities.
        mirrored: bool (N,), whether the mirrored face gets the same class; ``None`` if mirrored faces were left out.
        likeness: float64 (M,), rank correlation of the heatmap with that of the clean face for the first M faces. Both
            explain the class of the clean face; where the face moves, the clean map moves with it. Empty if no
            heatmaps were compared.
    """

    predicted: np.ndarray
    confidence: np.ndarray
    mirrored: np.ndarray | None
    likeness: np.ndarray


@dataclass(frozen=True)
class StressResult:
    """Predictions of several networks for the same N faces.

    Args:
        networks: Their names.
        kinds: Keys of corruptions.
        severities: A subset of 1 to 5.
        classes: The classes that all networks share.
        targets: int64 (N,) positions in ``classes``; ``None`` for unlabelled faces.
        answers: By network, kind and severity; severity 0 is the clean face, the same for every kind.
        notes: Sentences on what was left out.
        method: Key of the explanation method whose heatmaps were compared.
        units: int64 (N,), the person of each face, as of :class:`~fer_models.evaluation.evaluate.Evaluation`; ``None``
            where nobody is known.
    """

    networks: tuple[str, ...]
    kinds: tuple[str, ...]
    severities: tuple[int, ...]
    classes: tuple[str, ...]
    targets: np.ndarray | None
    answers: Mapping[tuple[str, str, int], Answers]
    notes: tuple[str, ...] = ()
    method: str = USUAL_METHOD
    units: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Number of faces."""
        return len(next(iter(self.answers.values())).predicted)

    @property
    def people(self) -> int | None:
        """Number of people in these faces, ``None`` where it is not known or each has one face."""
        return people_in(self.units)

    def units_of(self, count: int) -> np.ndarray | None:
        """The person of each of the first so many faces, int64; ``None`` where nobody is known."""
        return None if self.units is None else self.units[:count]

    def clean(self, network: str) -> Answers:
        """Predictions of a network for the clean faces."""
        return self.answers[network, self.kinds[0], 0]


def corrupt(
    corruption: Corruption,
    faces: Sequence[np.ndarray],
    severity: int,
    *,
    seed: int = 0,
    geometries: Sequence[FaceGeometry] | None = None,
    first: int = 0,
) -> list[np.ndarray]:
    """Corrupted copies of faces, uint8 RGB (H, W, 3), at a severity from 0 to 5.

    Every second face gets the opposite strength where there is one (turned left instead of right). Each face has its
    own noise, the same at every severity.

    Args:
        faces: uint8 (H, W, 1 or 3).
        first: Index of the first face in the whole test; direction and noise depend on it.
    """
    result = []
    for i, face in enumerate(faces, first):
        strength = _strength(corruption, severity, i)
        geometry = None if geometries is None else geometries[i - first]
        result.append(corruption.apply(_rgb(np.asarray(face)), strength, seed + i, geometry))
    return result


@dataclass(frozen=True)
class StressSettings:
    """Which corruptions a stress test applies and what it measures.

    Args:
        kinds: Keys of :data:`CORRUPTIONS`; ``None`` for all.
        severities: A subset of 1 to 5.
        flips: Predict the mirrored faces too, which doubles the time.
        heatmaps: Number of faces, from the first, whose heatmaps are compared; 0 for none.
        method: Key of the explanation method of these heatmaps.
        seed: Of the noise.
    """

    kinds: Sequence[str] | None = None
    severities: Sequence[int] = SEVERITIES
    flips: bool = True
    heatmaps: int = 32
    method: str = USUAL_METHOD
    seed: int = 0


def stress(
    networks: Mapping[str, Classifier],
    faces: Sequence[np.ndarray],
    classes: Sequence[str],
    targets: np.ndarray | None = None,
    settings: StressSettings | None = None,
    *,
    geometries: Sequence[FaceGeometry] | None = None,
    progress: Progress | None = None,
) -> StressResult:
    """Predict the same faces clean and under every corruption, with every network.

    Args:
        networks: By name.
        faces: uint8 crops (H, W, 1 or 3) of any size.
        classes: The classes among which the networks choose.
        targets: int (N,), positions in ``classes``; ``None`` for unlabelled faces.
        settings: Corruptions and measurements; the defaults of :class:`StressSettings` if ``None``.
        geometries: Eyes and mouth of each face, for covers; ``None`` trusts the framing of FER2013.
        progress: Called with the fraction done and a message.

    Raises:
        UserError: If there is no face or no network, a kind, severity or method is unknown, a network lacks a class, or
            targets and faces differ in number.
    """
    settings = settings or StressSettings()
    kinds = CORRUPTIONS if settings.kinds is None else dict.fromkeys(settings.kinds)
    corruptions = {kind: CORRUPTIONS.create(kind) for kind in kinds}
    levels = tuple(sorted(set(settings.severities)))
    _check(networks, faces, targets, corruptions, levels)
    columns = {name: _class_columns(name, net, tuple(classes)) for name, net in networks.items()}
    with_heatmaps, notes = _heatmap_support(networks, settings)
    steps = [("", 0)] + [(kind, severity) for kind in corruptions for severity in levels]
    answers: dict[tuple[str, str, int], Answers] = {}
    clean_maps: dict[str, _CleanMaps] = {}
    for number, (kind, severity) in enumerate(steps):
        corruption = corruptions[kind] if kind else next(iter(corruptions.values()))
        corrupted = corrupt(corruption, faces, severity, seed=settings.seed, geometries=geometries)
        for i, (name, net) in enumerate(networks.items()):
            if progress:
                what = f"{name}: {corruption.title.lower()} {severity}" if kind else f"{name}: the clean faces"
                progress((number + i / len(networks)) / len(steps), what)
            explained = corrupted[: settings.heatmaps] if with_heatmaps[name] else []
            predictions = _predict(net, corrupted, columns[name], settings.flips)
            if not kind:
                outputs = columns[name][predictions[0][: len(explained)]].tolist()
                clean_maps[name] = _clean_maps(net, explained, outputs, settings.method)
            likeness = clean_maps[name].likeness(net, explained, corruption, severity)
            for key in [kind] if kind else corruptions:
                answers[name, key, severity] = Answers(*predictions, likeness)
    if progress:
        progress(1.0, "done")
    true_classes = None if targets is None else np.asarray(targets, np.int64)
    header = (tuple(networks), tuple(corruptions), levels, tuple(classes))
    return StressResult(*header, true_classes, answers, tuple(notes), settings.method)


def _heatmap_support(networks: Mapping[str, Classifier], settings: StressSettings) -> tuple[dict[str, bool], list[str]]:
    """Whether the heatmaps of each network are compared, and a note for each network that the method cannot explain."""
    if settings.heatmaps <= 0:
        return dict.fromkeys(networks, False), []
    title = EXPLAINERS[settings.method].title
    supported = {name: settings.method not in unsupported_methods(net) for name, net in networks.items()}
    notes = [
        f"{title} does not work with {name}, so its heatmaps are not compared."
        for name, works in supported.items()
        if not works
    ]
    return supported, notes


@dataclass(frozen=True)
class _CleanMaps:
    """Maps of the clean faces, (M, H, W), the network's outputs that they explain, and the method that made them."""

    maps: np.ndarray
    outputs: list[int]
    method: str

    def likeness(
        self, net: Classifier, faces: Sequence[np.ndarray], corruption: Corruption, severity: int
    ) -> np.ndarray:
        if not faces:
            return np.zeros(0)
        if not severity:
            return np.ones(len(faces))
        maps = explain(net, net.prepare(faces), self.method, self.outputs).values
        moved = [corruption.move(m, _strength(corruption, severity, i)) for i, m in enumerate(self.maps)]
        return rank_correlation(np.stack(moved), maps)


def _clean_maps(net: Classifier, faces: Sequence[np.ndarray], outputs: list[int], method: str) -> _CleanMaps:
    if not faces:
        return _CleanMaps(np.zeros((0, 1, 1)), [], method)
    return _CleanMaps(explain(net, net.prepare(faces), method, outputs).values, outputs, method)


def _predict(
    net: Classifier, faces: list[np.ndarray], columns: np.ndarray, flips: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    probabilities = softmax(net.predict(faces, exact=True).logits[:, columns])
    predicted = probabilities.argmax(1)
    mirrored = None
    if flips:
        flipped = net.predict([face[:, ::-1] for face in faces], exact=True).logits[:, columns].argmax(1)
        mirrored = flipped == predicted
    return predicted, probabilities.max(1), mirrored


def _strength(corruption: Corruption, severity: int, face_number: int) -> float:
    strength = corruption.strength(severity)
    opposite = corruption.opposite(strength) if face_number % 2 else None
    return strength if opposite is None else opposite


def _rgb(face: np.ndarray) -> np.ndarray:
    face = face[..., None] if face.ndim == 2 else face
    return np.repeat(face, 3, axis=2) if face.shape[2] == 1 else face


def _class_columns(name: str, net: Classifier, classes: tuple[str, ...]) -> np.ndarray:
    match = match_classes(net.classes, classes)
    if match.classes != classes:
        missing = [c for c in classes if c not in match.classes]
        raise UserError(
            f"{name} does not know {', '.join(missing)}; leave these classes out or choose another network."
        )
    return match.of_network


def _check(
    networks: Mapping[str, Classifier],
    faces: Sequence[np.ndarray],
    targets: np.ndarray | None,
    corruptions: Mapping[str, Corruption],
    levels: tuple[int, ...],
) -> None:
    if not networks or not len(faces):
        raise UserError("A stress test needs at least one network and one face.")
    if not corruptions or not levels:
        raise UserError("A stress test needs at least one corruption and one severity.")
    if unknown := [level for level in levels if level not in SEVERITIES]:
        raise UserError(f"Severities run from 1 to 5, not {unknown[0]}.")
    if targets is not None and len(targets) != len(faces):
        raise UserError(f"There are {len(faces)} faces and {len(targets)} classes; give one class for each face.")
