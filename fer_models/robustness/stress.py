"""Ask networks about the same faces, clean and corrupted, and keep every answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fer_models.classifier import Classifier
from fer_models.errors import UserError
from fer_models.evaluation.class_match import match_classes, softmax
from fer_models.explain import EXPLAINERS, USUAL_METHOD, explain, unsupported_methods
from fer_models.explain.faithfulness.similarity import rank_correlation
from fer_models.progress import Progress
from fer_models.robustness.corruption import CORRUPTIONS, SEVERITIES, Corruption
from fer_models.robustness.geometry import FaceGeometry


@dataclass(frozen=True)
class Answers:
    """What one network said of the N faces under one corruption at one severity.

    Args:
        predicted: int64 (N,), positions in the result's classes.
        confidence: float32 (N,), their probabilities.
        mirrored: bool (N,), whether the mirrored face gets the same class; ``None`` where it was not asked.
        likeness: float64 (M,), of the first M faces the rank correlation of the heatmap with that of the clean
            face, moved along where the face moved, both for the class of the clean face; empty where it was not asked.
    """

    predicted: np.ndarray
    confidence: np.ndarray
    mirrored: np.ndarray | None
    likeness: np.ndarray


@dataclass(frozen=True)
class StressResult:
    """Answers of several networks for the same N faces.

    Args:
        networks: their names.
        kinds: keys of corruptions.
        severities: some of 1 to 5.
        classes: that all networks know.
        targets: int64 (N,) positions in ``classes``; ``None`` for unlabelled faces.
        answers: by network, kind and severity; severity 0 is the clean face and the same for every kind.
        notes: sentences on what was left out.
        method: key of the explanation method whose heatmaps were compared.
    """

    networks: tuple[str, ...]
    kinds: tuple[str, ...]
    severities: tuple[int, ...]
    classes: tuple[str, ...]
    targets: np.ndarray | None
    answers: Mapping[tuple[str, str, int], Answers]
    notes: tuple[str, ...] = ()
    method: str = USUAL_METHOD

    @property
    def n(self) -> int:
        """Number of faces."""
        return len(next(iter(self.answers.values())).predicted)

    def clean(self, network: str) -> Answers:
        """What a network said of the faces as they were."""
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
    """The faces, uint8 (H, W, 1 or 3), as RGB at a severity from 0 to 5.

    Every second face gets the opposite strength where there is one (turned left instead of right), and each face has
    noise of its own, the same at every severity.

    Args:
        first: place of the first one in the test; it decides on its direction and noise.
    """
    result = []
    for i, face in enumerate(faces, first):
        strength = _strength(corruption, severity, i)
        geometry = None if geometries is None else geometries[i - first]
        result.append(corruption.apply(_rgb(np.asarray(face)), strength, seed + i, geometry))
    return result


def stress(
    networks: Mapping[str, Classifier],
    faces: Sequence[np.ndarray],
    classes: Sequence[str],
    targets: np.ndarray | None = None,
    *,
    kinds: Sequence[str] | None = None,
    severities: Sequence[int] = SEVERITIES,
    flips: bool = True,
    heatmaps: int = 32,
    method: str = USUAL_METHOD,
    geometries: Sequence[FaceGeometry] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> StressResult:
    """Corrupt faces in every way and ask every network.

    Args:
        faces: uint8 crops (H, W, 1 or 3) of any size.
        classes: among which the networks choose.
        targets: int (N,), positions in ``classes``, where the true classes are known.
        kinds: keys of :data:`CORRUPTIONS`, all by default.
        flips: ask about the mirrored faces too, which doubles the time.
        heatmaps: of how many faces, from the first, the heatmaps are compared; 0 for none.
        method: key of the explanation method that makes them.
        geometries: of each face, for covers.
        seed: of noise.

    Raises:
        UserError: If there is no face or no network, a kind, severity or method is unknown, a network lacks a class, or
            targets and faces differ in number.
    """
    chosen = {kind: CORRUPTIONS.create(kind) for kind in (CORRUPTIONS if kinds is None else dict.fromkeys(kinds))}
    levels = tuple(sorted(set(severities)))
    _check(networks, faces, targets, chosen, levels)
    places = {name: _places(name, net, tuple(classes)) for name, net in networks.items()}
    title, notes, drawn = EXPLAINERS[method].title, [], {}
    for name, net in networks.items():
        drawn[name] = heatmaps > 0 and method not in unsupported_methods(net)
        if heatmaps > 0 and not drawn[name]:
            notes.append(f"{title} does not work with {name}, so its heatmaps are not compared.")
    steps = [("", 0)] + [(kind, severity) for kind in chosen for severity in levels]
    answers: dict[tuple[str, str, int], Answers] = {}
    bases: dict[str, _Base] = {}
    for number, (kind, severity) in enumerate(steps):
        corruption = chosen[kind] if kind else next(iter(chosen.values()))
        made = corrupt(corruption, faces, severity, seed=seed, geometries=geometries)
        for i, (name, net) in enumerate(networks.items()):
            if progress:
                what = f"{name}: {corruption.title.lower()} {severity}" if kind else f"{name}: the clean faces"
                progress((number + i / len(networks)) / len(steps), what)
            shown = made[:heatmaps] if drawn[name] else []
            said = _ask(net, made, places[name], flips)
            if not kind:
                bases[name] = _base(net, shown, places[name], said[0], method)
            likeness = bases[name].likeness(net, shown, corruption, severity)
            for key in [kind] if kind else chosen:
                answers[name, key, severity] = Answers(*said, likeness)
    if progress:
        progress(1.0, "done")
    given = None if targets is None else np.asarray(targets, np.int64)
    return StressResult(tuple(networks), tuple(chosen), levels, tuple(classes), given, answers, tuple(notes), method)


@dataclass(frozen=True)
class _Base:
    """Maps of the clean faces, (M, H, W), the network's outputs that they explain, and the method that made them."""

    maps: np.ndarray
    explained: list[int]
    method: str

    def likeness(
        self, net: Classifier, shown: Sequence[np.ndarray], corruption: Corruption, severity: int
    ) -> np.ndarray:
        if not shown:
            return np.zeros(0)
        if not severity:
            return np.ones(len(shown))
        maps = explain(net, net.prepare(shown), self.method, self.explained).values
        moved = [corruption.move(m, _strength(corruption, severity, i)) for i, m in enumerate(self.maps)]
        return rank_correlation(np.stack(moved), maps)


def _base(
    net: Classifier, shown: Sequence[np.ndarray], places: np.ndarray, predicted: np.ndarray, method: str
) -> _Base:
    if not shown:
        return _Base(np.zeros((0, 1, 1)), [], method)
    explained = [int(k) for k in places[predicted[: len(shown)]]]
    return _Base(explain(net, net.prepare(shown), method, explained).values, explained, method)


def _ask(
    net: Classifier, faces: list[np.ndarray], places: np.ndarray, flips: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    probabilities = softmax(net.predict(faces, exact=True).logits[:, places])
    predicted = probabilities.argmax(1)
    mirrored = None
    if flips:
        other = net.predict([face[:, ::-1] for face in faces], exact=True).logits[:, places].argmax(1)
        mirrored = other == predicted
    return predicted, probabilities.max(1), mirrored


def _strength(corruption: Corruption, severity: int, position: int) -> float:
    strength = corruption.strength(severity)
    other = corruption.opposite(strength) if position % 2 else None
    return strength if other is None else other


def _rgb(face: np.ndarray) -> np.ndarray:
    face = face[..., None] if face.ndim == 2 else face
    return np.repeat(face, 3, axis=2) if face.shape[2] == 1 else face


def _places(name: str, net: Classifier, classes: tuple[str, ...]) -> np.ndarray:
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
    chosen: Mapping[str, Corruption],
    levels: tuple[int, ...],
) -> None:
    if not networks or not len(faces):
        raise UserError("A stress test needs at least one network and one face.")
    if not chosen or not levels:
        raise UserError("A stress test needs at least one corruption and one severity.")
    if unknown := [level for level in levels if level not in SEVERITIES]:
        raise UserError(f"Severities run from 1 to 5, not {unknown[0]}.")
    if targets is not None and len(targets) != len(faces):
        raise UserError(f"There are {len(faces)} faces and {len(targets)} classes; give one class a face.")
