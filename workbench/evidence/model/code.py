"""The lines of Python that give on the library what a page shows."""

from __future__ import annotations

from fer_models.checkpoint import Checkpoint
from fer_models.embedding import MapSettings
from fer_models.evaluation.evaluate import Evaluation
from fer_models.training.recipe import Recipe, load_preset


def explaining(checkpoint: Checkpoint) -> str:
    """The faces of a photograph, their classes and heatmaps.

    Args:
        checkpoint: The network of the page.
    """
    return _text(
        *_network(checkpoint),
        'for answer in fer_models.predict_image(network, "photo.jpg"):',
        "    heatmap = fer_models.explain_face(network, answer.pixels, target=answer.name)",
        "    print(answer.name, answer.probabilities[answer.name], heatmap.heatmap().shape)",
    )


def measuring(checkpoint: Checkpoint, name: str, splits: tuple[str, ...], evaluation: Evaluation) -> str:
    """The network measured on the images of the page.

    Args:
        checkpoint: The network.
        name: Name under which the data set was opened.
        splits: The set's own splits.
        evaluation: What the page shows.
    """
    return _text(
        *_network(checkpoint),
        *_evaluation(name, splits, evaluation),
        'print(evaluation.confusion, evaluation.estimate(["accuracy"])["accuracy"])',
    )


def mapping(measured: str, most: int, settings: MapSettings) -> str:
    """The map of faces.

    Args:
        measured: Lines of :func:`measuring`, of the same faces.
        most: Faces on the map, 0 for all.
        settings: Of the map.
    """
    usual = MapSettings()
    changed = {name: value for name, value in settings.relevant().items() if value != getattr(usual, name)}
    imported = ["MapSettings", "make_map", *(["sample"] if most else [])]
    lines = measured.splitlines()[:-1]
    lines.insert(1, f"from fer_models.embedding import {', '.join(imported)}")
    faces = "evaluation"
    if most:
        lines.append(f"faces = evaluation.take(sample(evaluation.n, {most}))")
        faces = "faces"
    return _text(
        *lines,
        f"face_map = make_map(network, data, {faces}, MapSettings({_arguments(changed)}))",
        "print(face_map.coordinates.shape, face_map.faithfulness)",
    )


def training(preset: str, recipe: Recipe) -> str:
    """The run that Train starts, in a process of its own.

    Args:
        preset: The recipe that the form began with.
        recipe: The recipe of the run.
    """
    begun = load_preset(preset).to_dict()
    changed = {name: value for name, value in recipe.to_dict().items() if value != begun[name] and name != "data"}
    arguments = [repr(preset), repr(recipe.data), *([_arguments(changed)] if changed else [])]
    return _text(
        "import fer_models", "", f"run = fer_models.train({', '.join(arguments)})", "print(run.id, run.status())"
    )


def _network(checkpoint: Checkpoint) -> tuple[str, ...]:
    return "import fer_models", "", f"network = fer_models.load_checkpoint({str(checkpoint.path)!r})"


def _evaluation(name: str, splits: tuple[str, ...], evaluation: Evaluation) -> list[str]:
    lines = [f"data = fer_models.open_dataset({name!r})"]
    if evaluation.split in (*splits, "all"):
        part = repr(evaluation.split)
    else:  # what the protocol of the training held out; pooled folds are those of several networks
        lines.insert(0, "from fer_models.evaluation.training_overlap import held_out_part")
        lines.append(f"part = held_out_part(network.checkpoint, data, {name!r})")
        part = "part"
    averaging = "" if evaluation.averaging == "none" else f", {evaluation.averaging!r}"
    return [*lines, f"evaluation = fer_models.evaluate(network, data, {part}{averaging})"]


def _arguments(values: dict[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def _text(*lines: str) -> str:
    return "\n".join(lines)
