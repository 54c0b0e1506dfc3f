"""The rule that picks an ensemble's members: the k best by loss, k by cross-validation."""

from types import SimpleNamespace

import numpy as np
import pytest

from fer_models.commands import ensemble as command
from fer_models.ensemble_choice import choose_members
from fer_models.errors import UserError


def noisy(labels, strength, seed, classes=3):
    """Logits of a network that knows the label that strongly, with errors of its own."""
    draw = np.random.default_rng(seed)
    return strength * np.eye(classes)[labels] + draw.normal(size=(len(labels), classes))


@pytest.fixture
def labels():
    return np.random.default_rng(7).integers(0, 3, 600)


def test_members_are_the_best_by_loss_and_networks_of_chance_stay_out(labels):
    candidates = [noisy(labels, strength, seed) for seed, strength in enumerate((0.0, 1.2, 1.5, 1.4, 0.0))]
    choice = choose_members(candidates, labels)
    assert choice.order[:3] == (2, 3, 1)
    assert sorted(choice.losses) == [choice.losses[i] for i in choice.order]
    assert set(choice.members) <= {1, 2, 3}
    assert choice.size > 1
    assert choice.accuracies[choice.size - 1] == max(choice.accuracies)


def test_one_network_is_enough_where_others_only_harm(labels):
    good = noisy(labels, 6.0, 0)
    wrong = noisy((labels + 1) % 3, 30.0, 1)
    assert choose_members([wrong, good], labels).members == (1,)


def test_the_accuracy_of_k_is_that_of_images_which_did_not_rank(labels):
    """Of networks that know nothing, the best of many by chance must not look better than chance."""
    means = []
    for seed in range(10):
        candidates = [noisy(labels, 0.0, 100 * seed + i) for i in range(20)]
        means.append(choose_members(candidates, labels, at_most=1).accuracies[0])
    assert np.mean(means) == pytest.approx(1 / 3, abs=0.03)


def test_the_rule_gives_the_same_answer_twice_and_does_not_depend_on_the_order(labels):
    candidates = [noisy(labels, strength, seed) for seed, strength in enumerate((0.8, 1.2, 1.5))]
    first, turned = choose_members(candidates, labels), choose_members(candidates[::-1], labels)
    assert first == choose_members(candidates, labels)
    assert turned.accuracies == first.accuracies
    assert [2 - i for i in turned.order] == list(first.order)


def test_other_images_or_a_single_network_are_refused(labels):
    with pytest.raises(UserError, match="two networks"):
        choose_members([noisy(labels, 1.0, 0)], labels)
    with pytest.raises(UserError, match="same part"):
        choose_members([noisy(labels, 1.0, 0), noisy(labels[:9], 1.0, 0)], labels)


def test_the_command_takes_members_from_the_predictions_that_checkpoints_bring(labels, monkeypatch, capsys):
    candidates = [SimpleNamespace(name=name, path=name) for name in ("chance", "good", "better")]
    logits = {"chance": noisy(labels, 0.0, 1), "good": noisy(labels, 1.5, 2), "better": noisy(labels, 2.0, 3)}
    rows = np.arange(len(labels))

    def shipped(checkpoint):
        return SimpleNamespace(logits=logits[checkpoint.name], labels=labels, rows=rows, fingerprint="a")

    monkeypatch.setattr(command, "read_shipped", shipped)
    assert [member.name for member in command._chosen(candidates)][:1] == ["better"]
    assert "chance" not in [member.name for member in command._chosen(candidates)]
    assert "cross-validated" in capsys.readouterr().err
    monkeypatch.setattr(command, "read_shipped", lambda checkpoint: None)
    with pytest.raises(UserError, match="fer evidence chance"):
        command._chosen(candidates)
    different = {"chance": "a", "good": "b", "better": "a"}
    monkeypatch.setattr(
        command,
        "read_shipped",
        lambda checkpoint: SimpleNamespace(rows=rows, fingerprint=different[checkpoint.name]),
    )
    with pytest.raises(UserError, match="good and chance were measured on different images"):
        command._chosen(candidates)
