"""Recipes: round trips, settings, presets, and clear refusals."""

from pathlib import Path

import pytest

from fer_models.architectures import create_model
from fer_models.checkpoint import read_checkpoint
from fer_models.errors import UserError
from fer_models.losses import create_loss
from fer_models.training.recipe import Recipe, list_presets, load_preset, read_recipe
from fer_models.training.schedule import Plateau, lr_factor

SHIPPED = Path(__file__).parents[2] / "checkpoints"
TRAINED = sorted(f.parent for f in SHIPPED.glob("*/config.json") if not f.parent.name.startswith("ensemble"))
PRESET_OF = {"fcsdnet-synthetic": "lesson"}  # others carry its own name


@pytest.mark.parametrize("name", list_presets())
def test_presets_name_real_networks_and_losses(name):
    recipe = load_preset(name)
    assert list_presets()[name], "a preset says what it is"
    model = create_model(recipe.network, 7, recipe.channels, **recipe.options)
    context = {"num_classes": 7, "num_features": model.num_features, "class_counts": [1] * 7}
    create_loss(recipe.loss, **context, **recipe.loss_options)
    assert Recipe.from_dict(recipe.to_dict()) == recipe


def settings(recipe: Recipe) -> dict:
    """All but the folders of whoever trained it; whether there were any counts."""
    values = recipe.to_dict()
    return values | {field: bool(values[field]) for field in ("init_from", "teacher")}


def trained(folder: Path) -> Recipe:
    return Recipe.from_dict(read_checkpoint(folder).provenance["recipe"])


@pytest.mark.parametrize("folder", TRAINED, ids=lambda folder: folder.name)
def test_a_preset_is_what_the_shipped_network_was_trained_with(folder):
    preset = load_preset(PRESET_OF.get(folder.name, folder.name))
    assert settings(preset) == settings(trained(folder))
    assert Path(preset.init_from).name != folder.name, "it starts from its own result"


@pytest.mark.parametrize("name", list_presets())
def test_no_preset_starts_from_what_it_claims_to_make(name):
    start = load_preset(name).init_from
    if start and settings(trained(SHIPPED / Path(start).name)) == settings(load_preset(name)):
        assert "How the shipped" not in list_presets()[name]


def test_settings_reach_into_the_recipe():
    recipe = Recipe().with_settings(["epochs=3", "augmentation.rotation=18", "options.attention=cam", "data=x"])
    assert (recipe.epochs, recipe.augmentation.rotation, recipe.data) == (3, 18, "x")
    assert recipe.options == {"attention": "cam"}


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        ("epochs=0", "epochs"),
        ("epochs=many", "epochs"),
        ("optimiser=magic", "adamw"),
        ("nothing=1", "nothing"),
        ("augmentation.rotation=999", "rotation"),
        ("augmentation.spin=1", "spin"),
        ("epochs", "key=value"),
    ],
)
def test_impossible_settings_name_the_field(setting, word):
    with pytest.raises(UserError, match=word):
        Recipe().with_settings([setting])


def test_unreadable_recipe_files(tmp_path):
    bad = tmp_path / "r.json"
    bad.write_text("{")
    with pytest.raises(UserError, match="not a readable JSON"):
        read_recipe(bad)
    bad.write_text("[]")
    with pytest.raises(UserError, match="one JSON object"):
        read_recipe(bad)


def test_schedules_begin_and_end_where_they_should():
    cosine = Recipe(schedule="cosine", epochs=10, warmup_epochs=2, lr_floor=0.1)
    assert lr_factor(cosine, 1) == pytest.approx(0.5, abs=1e-3)
    assert lr_factor(cosine, 2) == pytest.approx(1)
    assert lr_factor(cosine, 6) == pytest.approx(0.55)
    assert lr_factor(cosine, 10) == pytest.approx(0.1)
    cycle = Recipe(schedule="one_cycle", epochs=10)
    assert lr_factor(cycle, 0) == pytest.approx(0.04)
    assert lr_factor(cycle, 3) == pytest.approx(1)
    assert lr_factor(cycle, 10) == pytest.approx(1e-4)
    assert [lr_factor(cycle, epoch) for epoch in (1.5, 6.5)] == pytest.approx([0.52, 0.50005])
    high = Recipe(schedule="one_cycle", epochs=12, warmup_epochs=2, lr_floor=0.2)
    assert [lr_factor(high, epoch) for epoch in (2, 5, 8.5, 12, 13)] == pytest.approx([0.04, 1, 0.6, 0.2, 0.2])
    late = Recipe(schedule="warm_restarts", epochs=20, warmup_epochs=1, step_epochs=4, lr_floor=0.1)
    assert [lr_factor(late, epoch) for epoch in (0.5, 1, 3, 5, 7)] == pytest.approx([0.501, 1, 0.55, 1, 0.55])
    stairs = Recipe(schedule="step", epochs=20, warmup_epochs=1, step_epochs=4, step_factor=0.5, lr_floor=0.2)
    assert [lr_factor(stairs, epoch) for epoch in (1, 4.9, 5, 9, 13)] == pytest.approx([1, 1, 0.5, 0.25, 0.2])
    restarts = Recipe(schedule="warm_restarts", epochs=10, step_epochs=5)
    assert lr_factor(restarts, 5) == pytest.approx(1)
    steps = Recipe(schedule="step", epochs=10, step_epochs=5, step_factor=0.1)
    assert lr_factor(steps, 4.9) == 1
    assert lr_factor(steps, 5) == pytest.approx(0.1)


def test_plateau_cuts_after_its_patience():
    plateau = Plateau(Recipe(schedule="plateau", step_epochs=2, step_factor=0.5))
    for loss in (1.0, 0.9, 0.9, 0.9):
        plateau.observe(loss)
    assert plateau.factor == 0.5
    again = Plateau(Recipe(schedule="plateau", step_epochs=2, step_factor=0.5))
    again.restore(plateau.state())
    assert again.factor == 0.5


def test_a_plateau_ends_with_a_fall_of_more_than_a_ten_thousandth():
    plateau = Plateau(Recipe(schedule="plateau", step_epochs=2, step_factor=0.5, lr_floor=0.2))
    seen = []
    for loss in (1.0, 0.99995, 0.9998, 0.9998, 0.9998, 1.2, 1.1, 1.0, 1.0):
        plateau.observe(loss)
        seen.append((plateau.best, plateau.waited, plateau.factor))
    assert seen[:3] == [(1.0, 0, 1), (1.0, 1, 1), (0.9998, 0, 1)]
    assert [factor for _, _, factor in seen[3:]] == [1, 0.5, 0.5, 0.25, 0.25, 0.2]
    asleep = Plateau(Recipe(schedule="cosine"))
    asleep.observe(1.0)
    assert asleep.best == float("inf")


def test_a_teacher_preset_is_trained_on_the_students_data_and_split():
    from fer_models.training.runs.launch import teacher_recipe

    student = load_preset("dcnn-bilstm-distil").with_settings(["data=jaffe", "protocol=folds-5", "fold=2", "seed=3"])
    teacher = teacher_recipe(student)
    assert teacher.network == "dcnn_bilstm_teacher" and teacher.loss == "cross_entropy" and not teacher.teacher
    assert (teacher.data, teacher.protocol, teacher.fold, teacher.seed) == ("jaffe", "folds-5", 2, 3)
    assert teacher.preprocess == student.preprocess
