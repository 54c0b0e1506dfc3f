"""Sequences of faces: train a network of sequences over a frozen classifier, keep it, and read videos with it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from fer_models.architectures.sequence_bilstm import SequenceBiLSTM, SequenceBiLSTMOptions
from fer_models.classifier import Classifier
from fer_models.errors import UserError
from fer_models.faces.drawn_video import DrawnVideo
from fer_models.faces.reading import Person
from fer_models.faces.timeline import stretches

WEIGHTS, CONFIG = "weights.safetensors", "config.json"
#: Below a checkpoint's own folder.
FOLDER = "sequence"
#: Readings a second at which the built-in sequences are drawn, as pages read videos.
_RATE = 10.0
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class EmbeddedSequence:
    """The frames of one sequence in order: ``embeddings`` float32 (T, F), ``labels`` int64 (T,), class numbers.

    ``framewise`` int64 (T,) is what the frozen classifier says of each frame alone. ``subject`` names the person.
    """

    embeddings: np.ndarray
    labels: np.ndarray
    framewise: np.ndarray
    subject: str


@dataclass(frozen=True)
class SequenceNetwork:
    """A trained network of sequences, and the classifier's weights (SHA-256) whose embeddings it reads.

    ``figures``: accuracy over frames of people that it was not trained on, ``sequence`` and ``framewise``, and ``n``.
    """

    model: SequenceBiLSTM
    classes: tuple[str, ...]
    sha256: str
    figures: dict[str, float]

    def probabilities(self, embeddings: np.ndarray) -> np.ndarray:
        """float32 (T, K) for the embeddings (T, F) of one sequence."""
        with torch.inference_mode():
            logits = self.model.eval()(torch.from_numpy(np.asarray(embeddings, np.float32))[None])
        found: np.ndarray = logits[0].softmax(1).numpy()
        return found


def embed_frames(
    classifier: Classifier, frames: Sequence[np.ndarray], labels: np.ndarray, subject: str
) -> EmbeddedSequence:
    """Embed face crops, uint8 (S, S, C) or (S, S), in their order."""
    stored = [classifier.checkpoint.preprocess.stored(frame) for frame in frames]
    prediction = classifier.predict(stored)
    return EmbeddedSequence(prediction.embedding, np.asarray(labels, np.int64), prediction.top, subject)


def drawn_sequences(
    classifier: Classifier, count: int = 120, seed: int = 0, progress: Progress | None = None
) -> list[EmbeddedSequence]:
    """Sequences of built-in people, each showing three expressions one after the other, cut to the face.

    Subtle ones among them: each sequence has an intensity of its own, so that single frames are not always clear.
    """
    rng = np.random.default_rng(seed)
    classes = list(classifier.classes)
    found = []
    for number in range(count):
        shown = tuple(str(name) for name in rng.permutation(classes)[:3])
        hold = float(rng.uniform(0.6, 1.4))
        video = DrawnVideo(shown, hold=hold, change=0.4, fps=_RATE, seed=1, subject=int(rng.integers(40)),
                           intensity=float(rng.uniform(0.35, 0.95)))  # fmt: skip
        moments = np.arange(video.count) / video.fps
        labels = [classes.index(shown[min(int(moment / hold), len(shown) - 1)]) for moment in moments]
        crops = [video.face(index) for index in range(video.count)]
        found.append(embed_frames(classifier, crops, np.array(labels), f"S{video.subject:03d}"))
        if progress is not None:
            progress((number + 1) / count, f"sequence {number + 1} of {count} drawn")
    return found


def train_sequences(
    classifier: Classifier,
    sequences: Sequence[EmbeddedSequence],
    options: SequenceBiLSTMOptions | None = None,
    *,
    epochs: int = 30,
    seed: int = 0,
    progress: Progress | None = None,
) -> SequenceNetwork:
    """Train on four fifths of the people and measure on the others; the classifier stays as it is.

    Raises:
        UserError: If there are sequences of fewer than five people.
    """
    people = sorted({sequence.subject for sequence in sequences})
    if len(people) < 5:
        raise UserError(f"A sequence network needs sequences of at least 5 people, not {len(people)}.")
    held = set(np.random.default_rng(seed).permutation(people)[: len(people) // 5].tolist())
    train = [s for s in sequences if s.subject not in held]
    test = [s for s in sequences if s.subject in held]
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = SequenceBiLSTM(train[0].embeddings.shape[1], len(classifier.classes), options)
        model.standardise(torch.from_numpy(np.concatenate([s.embeddings for s in train])))
        optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
        for epoch in range(epochs):
            model.train()
            for part in torch.randperm(len(train), generator=generator).split(16):
                x, labels, lengths = _batch([train[i] for i in part.tolist()])
                loss = F.cross_entropy(model(x, lengths).flatten(0, 1), labels.flatten(), ignore_index=-1)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            if progress is not None:
                progress((epoch + 1) / epochs, f"epoch {epoch + 1} of {epochs}, loss {float(loss):.3f}")
    network = SequenceNetwork(model.eval(), classifier.classes, classifier.checkpoint.sha256, {})
    labels_all = np.concatenate([s.labels for s in test])
    said = np.concatenate([network.probabilities(s.embeddings).argmax(1) for s in test])
    alone = np.concatenate([s.framewise for s in test])
    figures = {
        "sequence": float((said == labels_all).mean()),
        "framewise": float((alone == labels_all).mean()),
        "n": float(len(labels_all)),
    }
    return dataclasses.replace(network, figures=figures)


def save_sequence_network(network: SequenceNetwork, folder: str | Path) -> Path:
    """Write weights and configuration into a folder, made where it is not there.

    Raises:
        UserError: If it cannot be written.
    """
    folder = Path(folder)
    config = {
        "format": 1,
        "classes": list(network.classes),
        "checkpoint_sha256": network.sha256,
        "num_features": network.model.num_features,
        "options": dataclasses.asdict(network.model.options),
        "figures": network.figures,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file({k: v.contiguous() for k, v in network.model.state_dict().items()}, str(folder / WEIGHTS))
        (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{folder} cannot be written ({error.strerror}); choose another place.") from None
    return folder


def load_sequence_network(folder: str | Path, classifier: Classifier) -> SequenceNetwork:
    """The network of sequences in a folder, for the classifier that it was trained over.

    Raises:
        UserError: If it is damaged, or was trained over other weights.
    """
    folder = Path(folder)
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        options = SequenceBiLSTMOptions(**config["options"])
        model = SequenceBiLSTM(int(config["num_features"]), len(config["classes"]), options)
        model.load_state_dict(load_file(str(folder / WEIGHTS)))
        figures, sha256 = dict(config["figures"]), str(config["checkpoint_sha256"])
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError):
        raise UserError(f"{folder} is no sequence network or is damaged; train it again with: fer sequence") from None
    if sha256 != classifier.checkpoint.sha256:
        raise UserError(
            f"The sequence network in {folder} was trained over other weights than those of "
            f"{classifier.checkpoint.name}; train it again with: fer sequence"
        )
    return SequenceNetwork(model.eval(), tuple(config["classes"]), sha256, figures)


def read_person(network: SequenceNetwork, person: Person) -> Person:
    """The person with what the network says of their frames in sequence in place of the smoothed probabilities.

    Raises:
        UserError: If the reading did not keep the embeddings.
    """
    if person.embeddings is None:
        raise UserError("This video was read without its embeddings; read it again for the network of sequences.")
    said = network.probabilities(person.embeddings)
    lead = said.max(1)
    return dataclasses.replace(
        person, smoothed=said, low=lead, high=lead, stretches=stretches(said, person.seconds, network.classes)
    )


def _batch(sequences: Sequence[EmbeddedSequence]) -> tuple[Tensor, Tensor, Tensor]:
    """Embeddings (B, T, F) padded with 0, labels (B, T) padded with -1, and lengths (B,)."""
    lengths = torch.tensor([len(s.labels) for s in sequences])
    x = torch.zeros(len(sequences), int(lengths.max()), sequences[0].embeddings.shape[1])
    labels = torch.full(x.shape[:2], -1, dtype=torch.int64)
    for row, sequence in enumerate(sequences):
        x[row, : len(sequence.labels)] = torch.from_numpy(sequence.embeddings)
        labels[row, : len(sequence.labels)] = torch.from_numpy(sequence.labels)
    return x, labels, lengths
