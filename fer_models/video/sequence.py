"""Sequences of faces: train a network of sequences over a frozen classifier, save it, and read videos with it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from fer_models.classifier import Classifier
from fer_models.errors import UserError
from fer_models.files import read_regular
from fer_models.progress import Progress
from fer_models.settings import from_values, parse_stored
from fer_models.storage import atomic_file
from fer_models.video.reading import Person
from fer_models.video.sequence_bilstm import SequenceBiLSTM, SequenceBiLSTMOptions
from fer_models.video.sequence_data import BUILT_IN, EmbeddedSequence
from fer_models.video.timeline import stretches

WEIGHTS, CONFIG = "weights.safetensors", "config.json"
#: Subfolder of a checkpoint's folder.
FOLDER = "sequence"


@dataclass(frozen=True)
class _Config:
    """Content of ``config.json``."""

    options: dict[str, Any]
    num_features: int
    classes: tuple[str, ...]
    figures: dict[str, float]
    checkpoint_sha256: str
    data: str = BUILT_IN


@dataclass(frozen=True)
class SequenceNetwork:
    """A trained network of sequences, and the classifier's weights (SHA-256) whose embeddings it reads.

    ``figures``: accuracy over frames of people that it was not trained on, ``sequence`` and ``framewise``, and ``n``.
    ``data``: what the sequences were, in words.
    """

    model: SequenceBiLSTM
    classes: tuple[str, ...]
    sha256: str
    figures: dict[str, float]
    data: str = BUILT_IN

    def probabilities(self, embeddings: np.ndarray) -> np.ndarray:
        """float32 (T, K) for the embeddings (T, F) of one sequence."""
        with torch.inference_mode():
            logits = self.model.eval()(torch.from_numpy(np.asarray(embeddings, np.float32))[None])
        probabilities: np.ndarray = logits[0].softmax(1).numpy()
        return probabilities


def train_sequences(
    classifier: Classifier,
    sequences: Sequence[EmbeddedSequence],
    options: SequenceBiLSTMOptions | None = None,
    *,
    epochs: int = 30,
    seed: int = 0,
    data: str = BUILT_IN,
    progress: Progress | None = None,
) -> SequenceNetwork:
    """Train on four fifths of the people and measure on the rest; the classifier is not changed.

    Frames without a label (-1) are context: they count neither in the loss nor in the accuracy.

    Raises:
        UserError: If there are sequences of fewer than five people.
    """
    people = sorted({sequence.subject for sequence in sequences})
    if len(people) < 5:
        raise UserError(f"A sequence network needs sequences of at least 5 people, not {len(people)}.")
    held_out = set(np.random.default_rng(seed).permutation(people)[: len(people) // 5].tolist())
    train = [s for s in sequences if s.subject not in held_out]
    test = [s for s in sequences if s.subject in held_out]
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
                progress((epoch + 1) / epochs, f"epoch {epoch + 1} of {epochs}, loss {loss.item():.3f}")
    network = SequenceNetwork(model.eval(), classifier.classes, classifier.checkpoint.sha256, {}, data)
    test_labels = np.concatenate([s.labels for s in test])
    predicted = np.concatenate([network.probabilities(s.embeddings).argmax(1) for s in test])
    framewise = np.concatenate([s.framewise for s in test])
    labelled = test_labels >= 0
    figures = {
        "sequence": float((predicted == test_labels)[labelled].mean()),
        "framewise": float((framewise == test_labels)[labelled].mean()),
        "n": float(labelled.sum()),
    }
    return dataclasses.replace(network, figures=figures)


def save_sequence_network(network: SequenceNetwork, folder: str | Path) -> Path:
    """Write weights and configuration into a folder, which is created if missing; its other files stay.

    Raises:
        UserError: If it cannot be written; an earlier network in it stays as it was.
    """
    folder = Path(folder)
    config = {
        "format": 1,
        "classes": list(network.classes),
        "checkpoint_sha256": network.sha256,
        "num_features": network.model.num_features,
        "options": dataclasses.asdict(network.model.options),
        "figures": network.figures,
        "data": network.data,
    }
    try:
        # Nested, so that neither file is replaced before both are written.
        with atomic_file(folder / WEIGHTS) as weights_file, atomic_file(folder / CONFIG) as config_file:
            save_file({k: v.contiguous() for k, v in network.model.state_dict().items()}, weights_file)
            weights_file.chmod(0o644)  # the library makes it readable to its owner alone
            config_file.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or "the file system refused it"
        raise UserError(f"{folder} cannot be written ({reason}); choose another place.") from None
    return folder


def load_sequence_network(folder: str | Path, classifier: Classifier) -> SequenceNetwork:
    """The network of sequences in a folder, for the classifier that it was trained over.

    Raises:
        UserError: If it is damaged, or was trained over other weights.
    """
    folder = Path(folder)
    try:
        config = parse_stored(read_regular(folder / CONFIG), _Config)
        options = from_values(SequenceBiLSTMOptions, config.options)
        weights = load_file(str(folder / WEIGHTS))
        with torch.device("meta"):  # sizes that the file does not hold take no memory
            model = SequenceBiLSTM(config.num_features, len(config.classes), options)
        model.load_state_dict(weights, assign=True)
    except (OSError, UserError, ValueError, RuntimeError, SafetensorError):
        raise UserError(
            f"{folder} is not a sequence network, or is damaged; train it again with: fer sequence"
        ) from None
    if config.checkpoint_sha256 != classifier.checkpoint.sha256:
        raise UserError(
            f"The sequence network in {folder} was trained over other weights than those of "
            f"{classifier.checkpoint.name}; train it again with: fer sequence"
        )
    return SequenceNetwork(model.eval(), config.classes, config.checkpoint_sha256, config.figures, config.data)


def read_person(network: SequenceNetwork, person: Person) -> Person:
    """The person with the sequence network's probabilities in place of the smoothed ones.

    Raises:
        UserError: If the reading has no embeddings.
    """
    if person.embeddings is None:
        raise UserError("This video was read without its embeddings; read it again for the network of sequences.")
    probabilities = network.probabilities(person.embeddings)
    leading = probabilities.max(1)
    return dataclasses.replace(
        person,
        smoothed=probabilities,
        low=leading,
        high=leading,
        stretches=stretches(probabilities, person.seconds, network.classes),
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
