"""What a published network brings with it, so that the pages have something to show on a computer without data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fer_models.checkpoint import Checkpoint, read_checkpoint, write_figures
from fer_models.classifier import load_checkpoint
from fer_models.data import builtin, open_dataset
from fer_models.data.dataset import FaceDataset
from fer_models.data.readers import READERS
from fer_models.data.splits import part_name
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation, evaluate
from fer_models.evaluation.part import Part
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.shipped import COMPONENTS, FILE, write_shipped
from fer_models.explain.benchmark.run import USUAL_COUNT, USUAL_METHODS, benchmark
from fer_models.explain.benchmark.stored import board_digest, write_board
from fer_models.progress import Progress, silent
from fer_models.robustness import by_family
from fer_models.robustness.split import USUAL_FACES, USUAL_HEATMAPS, drawn_index, stress_digest, stress_split
from fer_models.robustness.stored import write_result
from fer_models.robustness.stress import StressSettings
from fer_models.training.parts import split_of
from fer_models.training.recipe import Recipe

#: The drawn faces that the pages open.
BUILT_IN = builtin.NAME
#: Files beside the weights: a stress test and a benchmark of heatmap methods.
STRESS, METHODS = "stress.npz", "methods.json"
_HEADING = "## Predictions beside the weights"


def recipe_of(checkpoint: Checkpoint) -> Recipe:
    """How a checkpoint was trained.

    Raises:
        UserError: If it does not say.
    """
    if "recipe" not in checkpoint.provenance:
        raise UserError(f"{checkpoint.name} does not say how it was trained, so its figures cannot be measured again.")
    return Recipe.from_dict(checkpoint.provenance["recipe"])


def measured_part(recipe: Recipe, dataset: FaceDataset) -> Part:
    """What a training protocol measures networks on: its test part, else its validation part."""
    split = split_of(recipe, dataset)
    index, role = (split.test, "test") if len(split.test) else (split.val, "validation")
    return Part(part_name(dataset, split, index, role), index)


def add_predictions(
    folder: str | Path, *, measured: tuple[FaceDataset, Evaluation] | None = None, progress: Progress = silent
) -> Path:
    """Write a network's predictions beside its weights, see :mod:`fer_models.evaluation.shipped`.

    They are those on the split that it was measured on. A network that was trained on drawn faces of its own is asked
    about the built-in set, which is the one that the pages open. The card says what the file holds, where the data come
    from and on what terms.

    Args:
        folder: A checkpoint folder.
        measured: Its data and plain predictions, with embeddings, where they are known.
        progress: Called with the fraction done and a message.

    Returns:
        The file.

    Raises:
        UserError: If the checkpoint does not record what it was trained on, or these data are missing.
    """
    checkpoint = read_checkpoint(folder)
    drawn = reads_drawn_faces(checkpoint)
    if measured is None or drawn:
        recipe = recipe_of(checkpoint)
        dataset = open_dataset(BUILT_IN if drawn else recipe.data)
        part = Part.of_split(dataset, dataset.split_names[-1]) if drawn else measured_part(recipe, dataset)
        protocol = Protocol(part, checkpoint.selection)
        measured = dataset, evaluate(load_checkpoint(folder), dataset, protocol, progress=progress)
    file = write_shipped(checkpoint, *measured)
    if checkpoint.card:
        before = checkpoint.card.partition(f"\n{_HEADING}\n")[0].rstrip()
        write_figures(folder, checkpoint.metrics, f"{before}\n\n{_HEADING}\n\n{_words(*measured)}\n")
    return file


def _words(dataset: FaceDataset, predicted: Evaluation) -> str:
    """What the file of the predictions holds and whose the data are."""
    info = READERS[dataset.name].info if dataset.name in READERS else None
    title = info.title if info else "the built-in faces"
    source = f" {title} is available from {info.where}. {info.terms}" if info else ""
    return (
        f"`{FILE}` holds row numbers, labels, logits and embeddings ({COMPONENTS} dimensions) of "
        f"{predicted.n:,} images of {title}, {predicted.split}, and the mean image of each class. It holds no image."
        f"{source}"
    )


def add_tests(folder: str | Path, *, progress: Progress = silent) -> list[Path]:
    """Write the stress test and the benchmark of heatmap methods that the pages open with beside the weights.

    Both use the last split of the built-in faces, and are made for networks that were trained on drawn faces only.

    Args:
        folder: A checkpoint folder.
        progress: Called with the fraction done and a message.

    Returns:
        The two files; none for a network of photographs.

    Raises:
        UserError: If the checkpoint does not record what it was trained on, or its folder cannot be written.
    """
    checkpoint = read_checkpoint(folder)
    if not reads_drawn_faces(checkpoint):
        return []
    name, classifier, dataset = checkpoint.name, load_checkpoint(folder), open_dataset(BUILT_IN)
    faces = drawn_index(dataset, dataset.split_index(dataset.split_names[-1]), USUAL_FACES)
    settings = StressSettings(kinds=by_family(), heatmaps=USUAL_HEATMAPS)
    result = stress_split({name: classifier}, dataset, faces, settings, progress=progress)
    board = benchmark({name: classifier}, dataset, methods=USUAL_METHODS, count=USUAL_COUNT, progress=progress)
    board = replace(board, notes=(*board.notes, "The times are those of the computer that made this table."))
    files = [checkpoint.path / STRESS, checkpoint.path / METHODS]
    try:
        write_result(result, files[0], test=stress_digest({name: checkpoint}, dataset, faces, by_family()))
        write_board(board, files[1], test=board_digest(name, checkpoint, dataset, USUAL_METHODS, USUAL_COUNT))
    except OSError as error:
        raise UserError(f"The tests cannot be written to {name} ({error.strerror}); free some disk space.") from None
    return files


def reads_drawn_faces(checkpoint: Checkpoint) -> bool:
    """Whether a network was trained on drawn faces.

    Raises:
        UserError: If the checkpoint does not say what it was trained on.
    """
    return recipe_of(checkpoint).data.split(":")[0] == builtin.NAME
