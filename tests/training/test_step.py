"""The step with fixed buffers gives the weights of a plain loop, bit for bit."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch.optim.swa_utils import AveragedModel

from fer_models.architectures import create_model
from fer_models.data.augment import Augmentation, augment, mix
from fer_models.layout import channels_last
from fer_models.losses import LOSSES, create_loss
from fer_models.preprocess import Preprocess
from fer_models.training.average import WeightAverage
from fer_models.training.fabric import Fabric
from fer_models.training.kernels import use_fast_kernels
from fer_models.training.loop import Loop
from fer_models.training.optimise import parameter_groups
from fer_models.training.recipe import Recipe
from fer_models.training.schedule import lr_factor
from fer_models.training.step import TrainingData

CHANGES = Augmentation(rotation=10, horizontal_flip=0.5, brightness=0.1, contrast=0.1, noise=0.05, erasing=0.5)

RECIPES = {
    "adamw": Recipe(),
    "adam": Recipe(optimiser="adam", gradient_clip=0.5),
    "sgd": Recipe(optimiser="sgd", lr=0.01, schedule="cosine", warmup_epochs=1.0, gradient_clip=1.0),
    "average": Recipe(ema=0.99, repeats=2),
    "mixup": Recipe(augmentation=Augmentation(mixup=0.2), ema=0.9),
    "cutmix": Recipe(augmentation=Augmentation(cutmix=1.0)),
    "changes": Recipe(augmentation=CHANGES),
    **{name: Recipe(loss=name, augmentation=Augmentation(horizontal_flip=0.5)) for name in LOSSES},
}


def made(recipe, network):
    """Data of 20 images, loss and teacher of a recipe."""
    draw = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (20, 1, 48, 48), dtype=torch.uint8, generator=draw)
    targets = torch.arange(20) % 7
    if recipe.loss == "soft_label":
        targets = F.one_hot(targets, 7) * 0.7 + 0.3 / 7
    loss = create_loss(recipe.loss, num_classes=7, num_features=network.num_features, class_counts=[3] * 7)
    torch.manual_seed(5)
    teacher = create_model("mini_xception", 7, 1).eval() if loss.needs_teacher else None
    return images, targets, loss, teacher


def plain_loop(recipe, network, epochs):
    """What the steps must equal, written as a plain loop; returns the network and its average."""
    images, targets, loss, teacher = made(recipe, network)
    network.place(torch.device("cpu"))
    use_fast_kernels(network)
    average = copy.deepcopy(network)
    groups = parameter_groups(network, loss, recipe)
    if recipe.optimiser == "sgd":
        optimiser = torch.optim.SGD(groups, lr=1, momentum=recipe.momentum, nesterov=True, fused=True)
    else:
        kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[recipe.optimiser]
        optimiser = kind(groups, eps=1e-7, fused=True)
    network.train()
    loss.train()
    updates = 0
    for epoch in range(epochs):
        draw, change = (torch.Generator().manual_seed(recipe.seed * 1_000_003 + epoch) for _ in range(2))
        torch.manual_seed(recipe.seed * 1_000_003 + epoch)
        order = torch.cat([torch.randperm(20, generator=draw) for _ in range(recipe.repeats)])
        batches = order.split(recipe.batch_size)
        for i, index in enumerate(batches):
            for group in optimiser.param_groups:
                group["lr"] = recipe.lr * lr_factor(recipe, epoch + i / len(batches)) * group["lr_factor"]
            x, y = Preprocess().scale(augment(images[index], recipe.augmentation, change)), targets[index]
            if recipe.augmentation.mixes:
                x, y = mix(x, F.one_hot(y, 7).float(), recipe.augmentation, change)
            x = channels_last(x)
            features = network.forward_features(x)
            embedding = network.forward_head(features, pre_logits=True) if loss.needs_embedding else None
            with torch.no_grad():
                lesson = None if teacher is None else teacher(x)
            loss(network.forward_head(features), y, embedding, lesson).backward()
            if recipe.gradient_clip:
                torch.nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], recipe.gradient_clip)
            optimiser.step()
            optimiser.zero_grad()
            decay = min(recipe.ema, (1 + updates) / (10 + updates)) if updates else 0.0
            updates += 1
            with torch.no_grad():
                for name, value in average.state_dict().items():
                    current = network.state_dict()[name]
                    value.copy_(torch.lerp(value, current, 1 - decay) if value.is_floating_point() else current)
    return network, average


@pytest.mark.parametrize("name", RECIPES)
def test_a_step_equals_a_plain_loop(name):
    recipe = Recipe.from_dict({**RECIPES[name].to_dict(), "batch_size": 8, "precision": "float32", "epochs": 3})
    torch.manual_seed(0)
    network = create_model("mini_xception", 7, 1)
    expected, average = plain_loop(recipe, copy.deepcopy(network), epochs=2)
    images, targets, loss, teacher = made(recipe, network)
    fabric = Fabric(accelerator="cpu", devices=1)
    labels = targets if targets.ndim == 1 else targets.argmax(1)
    data = TrainingData(images, targets, images, labels)
    loop = Loop(recipe, network, loss, Preprocess(), data, fabric=fabric, teacher=teacher)
    for _ in range(2):
        row = loop.train_epoch(lambda step, steps: None, lambda: False)
    hits = row["train_accuracy"] * 20 * recipe.repeats
    assert hits == pytest.approx(round(hits))
    for key, value in expected.state_dict().items():
        assert torch.equal(value, network.state_dict()[key]), key
    if recipe.ema:
        for key, value in average.state_dict().items():
            assert torch.equal(value, loop.evaluated.state_dict()[key]), key


def test_a_step_with_frozen_buffers_reads_no_value_back(monkeypatch):
    """What waits for the device cannot be recorded: reading a tensor into Python is forbidden during a step."""
    recipe = Recipe(batch_size=8, precision="float32", ema=0.9, gradient_clip=1.0, augmentation=CHANGES)
    recipe = Recipe.from_dict({**recipe.to_dict(), "augmentation": {"mixup": 0.2, "cutmix": 1.0, "erasing": 0.5}})
    torch.manual_seed(0)
    network = create_model("mini_xception", 7, 1)
    images, targets, loss, _ = made(recipe, network)
    data = TrainingData(images, targets, images, targets)
    loop = Loop(recipe, network, loss, Preprocess(), data, fabric=Fabric(accelerator="cpu", devices=1))
    loop.step.set_rate(1e-3)
    loop.average.count()

    def refuse(*args):
        raise AssertionError("a step read a value back")

    for method in ("item", "tolist", "__bool__", "__int__", "__float__", "cpu", "numpy"):
        monkeypatch.setattr(torch.Tensor, method, refuse)
    loop.step.compute(torch.arange(8))
    monkeypatch.undo()
    assert loop.step.totals[2] == 8


def test_the_average_begins_as_torchs_own():
    """The first update copies; later ones are torch's exponential average with a growing decay."""
    torch.manual_seed(0)
    network = create_model("mini_xception", 7, 1)
    average, reference = WeightAverage(network, 0.5), AveragedModel(network, use_buffers=True)
    with torch.no_grad():
        for value in network.parameters():
            value.add_(1)
    average.count()
    average.update()
    reference.update_parameters(network)
    for mine, theirs in zip(average.network.parameters(), reference.module.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    with torch.no_grad():
        for value in network.parameters():
            value.add_(1)
    average.count()
    average.update()
    before = next(reference.module.parameters())
    weight = 1 - min(0.5, 2 / 11)
    torch.testing.assert_close(next(average.network.parameters()), before + weight)


def test_the_average_follows_weights_that_move_to_other_memory():
    """On a GPU cuDNN gathers the weights of an LSTM in one buffer after the average is made."""
    network = create_model("dcnn_bilstm_student", 7, 1)
    average = WeightAverage(network, 0.5)
    for value in network.parameters():
        value.data = value.data.clone()
    with torch.no_grad():
        for value in network.parameters():
            value.add_(1)
    average.count()
    average.update()
    for mine, theirs in zip(average.network.parameters(), network.parameters(), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("parts", [2, 3, 7])
def test_a_batch_in_parts_gives_the_loss_and_gradients_of_the_whole(parts):
    """Seven images in two parts are four and three: each part counts by its images."""
    from types import SimpleNamespace

    from fer_models.training.step import Step

    torch.manual_seed(0)
    x, targets, line = torch.rand(7, 5), torch.randint(0, 3, (7,)), torch.nn.Linear(5, 3)

    def objective(images, labels):
        out = line(images)
        return F.cross_entropy(out, labels), out

    def backward(count):
        line.zero_grad()
        fabric = SimpleNamespace(backward=lambda loss: loss.backward())
        step = SimpleNamespace(micro_batches=count, objective=objective, fabric=fabric)
        loss, logits = Step._backward(step, x, targets, 0.5)
        return loss, logits, line.weight.grad.clone()

    for whole, part in zip(backward(1), backward(parts), strict=True):
        torch.testing.assert_close(part, whole)
    plain = F.cross_entropy(line(x), targets)
    torch.testing.assert_close(backward(parts)[0], plain.detach())
    torch.testing.assert_close(backward(parts)[2], 0.5 * torch.autograd.grad(plain, line.weight)[0])
