"""A network of sequences over a frozen classifier: it uses the order, ignores padding, and is kept and found again."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import SafetensorError

from fer_models import load_checkpoint
from fer_models.errors import UserError
from fer_models.video.sequence import load_sequence_network, save_sequence_network, train_sequences
from fer_models.video.sequence_bilstm import SequenceBiLSTM, SequenceBiLSTMOptions
from fer_models.video.sequence_data import EmbeddedSequence, drawn_sequences

_OPTIONS = SequenceBiLSTMOptions(hidden=8, dropout=0.0)


def classifier(sha256: str = "a" * 64) -> Any:
    """What training needs of one: classes and the identity of its weights."""
    return SimpleNamespace(classes=("happy", "sad"), checkpoint=SimpleNamespace(sha256=sha256, name="drawn"))


def labelled_by_the_next_frame(count: int = 40) -> list[EmbeddedSequence]:
    """Noise whose class is the sign of the frame after it: only order can tell, and only backwards in time."""
    rng = np.random.default_rng(0)
    sequences = []
    for number in range(count):
        x = rng.normal(size=(12, 3)).astype(np.float32)
        labels = (np.roll(x[:, 0], -1) > 0).astype(np.int64)
        labels[-1] = 0
        sequences.append(EmbeddedSequence(x, labels, (x[:, 0] > 0).astype(np.int64), f"S{number % 10}"))
    return sequences


@pytest.mark.parametrize("shape", [(2, 3), (1, 0, 3), (1, 5, 2), (1, 5, 4)])
def test_sequences_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match="takes"):
        SequenceBiLSTM(3, 2, _OPTIONS)(torch.zeros(shape))


def test_padding_changes_nothing_before_it() -> None:
    torch.manual_seed(0)
    model = SequenceBiLSTM(3, 2, _OPTIONS).eval()
    x = torch.randn(1, 5, 3)
    padded = torch.cat([x, torch.full((1, 4, 3), 9.0)], 1)
    assert torch.allclose(model(padded, torch.tensor([5]))[:, :5], model(x), atol=1e-6)
    assert model(x).shape == (1, 5, 2)
    with pytest.raises(UserError, match=r"takes \(B, T, 3\)"):
        model(torch.randn(1, 5, 4))


def test_it_reads_what_comes_after_a_frame() -> None:
    network = train_sequences(
        classifier(), labelled_by_the_next_frame(80), SequenceBiLSTMOptions(hidden=16, dropout=0.0), epochs=30
    )
    assert network.figures["sequence"] > 0.85, "the answer stands in the next frame"
    assert network.figures["framewise"] < 0.65
    assert network.figures["n"] == 2 * 8 * 12, "two of ten people were held out"


def test_training_is_repeatable_and_leaves_the_random_state_alone() -> None:
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first = train_sequences(classifier(), labelled_by_the_next_frame(20), _OPTIONS, epochs=2)
    assert torch.equal(torch.get_rng_state(), state)
    second = train_sequences(classifier(), labelled_by_the_next_frame(20), _OPTIONS, epochs=2)
    x = labelled_by_the_next_frame(1)[0].embeddings
    assert np.array_equal(first.probabilities(x), second.probabilities(x))


def test_it_is_kept_and_refuses_other_weights(tmp_path: Path) -> None:
    network = train_sequences(classifier(), labelled_by_the_next_frame(20), _OPTIONS, epochs=1)
    folder = save_sequence_network(network, tmp_path / "sequence")
    x = labelled_by_the_next_frame(1)[0].embeddings
    again = load_sequence_network(folder, classifier())
    assert np.array_equal(again.probabilities(x), network.probabilities(x)) and again.figures == network.figures
    with pytest.raises(UserError, match="other weights"):
        load_sequence_network(folder, classifier("b" * 64))
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace('"dropout": ', '"dropout": 1'))
    with pytest.raises(UserError, match="is damaged"):
        load_sequence_network(folder, classifier())
    (folder / "config.json").write_text(config)
    (folder / "weights.safetensors").write_bytes(b"damaged")
    with pytest.raises(UserError, match="is damaged"):
        load_sequence_network(folder, classifier())


def test_a_failed_write_leaves_the_earlier_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sequences = labelled_by_the_next_frame(20)
    earlier = train_sequences(classifier(), sequences, _OPTIONS, epochs=1)
    later = train_sequences(classifier(), sequences, _OPTIONS, epochs=2)
    folder = save_sequence_network(earlier, tmp_path / "sequence")
    (folder / "notes.txt").write_text("of the user")
    write_text = Path.write_text

    def full(path: Path, text: str, **options: Any) -> int:
        write_text(path, text[:10], **options)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(UserError, match="No space left"):
        patch.setattr(Path, "write_text", full)
        save_sequence_network(later, folder)
    loaded = load_sequence_network(folder, classifier())
    assert np.array_equal(loaded.probabilities(sequences[0].embeddings), earlier.probabilities(sequences[0].embeddings))
    assert sorted(file.name for file in folder.iterdir()) == ["config.json", "notes.txt", "weights.safetensors"]


def test_a_library_that_cannot_write_gives_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    network = train_sequences(classifier(), labelled_by_the_next_frame(20), _OPTIONS, epochs=1)
    monkeypatch.setattr("fer_models.video.sequence.save_file", refuse)
    with pytest.raises(UserError, match="cannot be written"):
        save_sequence_network(network, tmp_path / "sequence")


def test_too_few_people_are_refused() -> None:
    few = [s for s in labelled_by_the_next_frame() if s.subject in ("S1", "S2")]
    with pytest.raises(UserError, match="at least 5 people, not 2"):
        train_sequences(classifier(), few, _OPTIONS)


def test_drawn_sequences_are_in_order_and_labelled() -> None:
    drawn = load_checkpoint(Path(__file__).resolve().parents[2] / "checkpoints" / "fcsdnet-synthetic")
    steps: list[float] = []
    sequences = drawn_sequences(drawn, 3, progress=lambda share, _: steps.append(share))
    assert steps == pytest.approx([1 / 3, 2 / 3, 1])
    for sequence in sequences:
        changes = np.flatnonzero(np.diff(sequence.labels))
        assert len(changes) == 2 and len(sequence.labels) == len(sequence.embeddings) == len(sequence.framewise)
    right = np.concatenate([s.framewise == s.labels for s in sequences])
    assert right.mean() > 0.6
