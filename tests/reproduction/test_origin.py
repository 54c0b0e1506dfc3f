"""Who decided what: every option of a network and every setting of a paper's recipe says so, with its place."""

import json

import pytest

from fer_models.architectures import ARCHITECTURES
from fer_models.checkpoint import read_checkpoint
from fer_models.cli import main
from fer_models.evaluation.card.document import with_origins
from fer_models.folders import checkpoints_folder
from fer_models.losses import LOSSES
from fer_models.papers import PAPERS, paper_of
from fer_models.reproduction.origin import components
from fer_models.settings import Origin, parse_origin, setting_fields
from fer_models.training.presets import beside_paper, leaves, preset_origins, recipe_origins
from fer_models.training.recipe import PRESETS, list_presets, load_preset

FOLLOWING = [preset for paper in PAPERS.values() for preset in paper.presets]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_option_of_a_network_says_where_its_default_comes_from(name):
    network = ARCHITECTURES[name]
    assert network.__module__.startswith("fer_models.")
    assert isinstance(network.size_origin, Origin)
    assert [field.name for field in setting_fields(network.Options).values() if field.origin is None] == []
    paper = paper_of(name)
    assert paper is None or (network.paper == paper.citation and network.parts)


@pytest.mark.parametrize("preset", FOLLOWING)
def test_every_setting_of_a_paper_recipe_has_an_origin_of_its_own(preset):
    values = json.loads((PRESETS / f"{preset}.json").read_text(encoding="utf-8"))
    stated = values["_origin"]
    assert "*" not in stated
    assert {field for field, _ in leaves(values)} <= set(stated)
    assert all(parse_origin(text).where for text in stated.values())


@pytest.mark.parametrize("preset", list_presets())
def test_origins_name_settings_that_exist(preset):
    known = {field for field, _ in leaves(load_preset(preset).to_dict())} | {"augmentation"}
    options = {f"options.{name}" for name in setting_fields(ARCHITECTURES[load_preset(preset).network].Options)}
    losses = {f"loss_options.{name}" for name in setting_fields(LOSSES[load_preset(preset).loss].option_type())}
    assert set(preset_origins(preset)) <= known | options | losses | {"options", "loss_options"}


def test_a_changed_setting_is_no_longer_the_papers():
    start = load_preset("fcsdnet-paper")
    changed = start.with_settings(["lr=0.1", "augmentation.rotation=5", "options.ratio=4"])
    origins = recipe_origins("fcsdnet-paper", start.to_dict(), changed.to_dict())
    assert origins["batch_size"] == Origin("paper", "Table 3")
    assert not {"lr", "augmentation.rotation", "options.ratio"} & set(origins)
    assert origins["options.stem_pool"].source == "code"


def test_a_card_compares_a_recipe_with_its_paper():
    said = beside_paper(load_preset("fcsdnet-fer2013").to_dict())
    assert said["batch_size"] == "paper: Table 3"
    assert said["epochs"] == "ours; the paper has 150 (Table 3)"
    assert beside_paper(load_preset("strong").to_dict()) == {}


@pytest.mark.parametrize("folder", sorted(checkpoints_folder().glob("*/card.md")), ids=lambda file: file.parent.name)
def test_every_shipped_card_says_where_network_and_recipe_come_from(folder):
    checkpoint = read_checkpoint(folder.parent)
    origins = beside_paper(checkpoint.provenance["recipe"])
    assert with_origins(checkpoint.card, checkpoint, origins) == checkpoint.card, "run `fer migrate checkpoints`"
    assert "val_" not in checkpoint.card.split("## Data")[1].split("## Recipe")[0]
    assert "\n- Source: " in checkpoint.card and ("| setting | value | from |" in checkpoint.card) == bool(origins)


def test_the_table_lists_each_paper_with_all_three_kinds_and_their_places(capsys):
    assert main(["reproduction", "--origin"]) == 0
    text = capsys.readouterr().out
    assert all(paper.citation in text for paper in PAPERS.values())
    assert main(["reproduction", "--origin", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["paper"] for row in rows} == set(PAPERS)
    assert {row["source"] for row in rows} == {"paper", "code", "ours"}
    assert all(row["where"] and row["name"] for row in rows)
    assert len(rows) == sum(len(components(paper)) for paper in PAPERS)


def test_networks_with_sizes_of_ours_say_so(capsys):
    assert main(["models"]) == 0
    lines = {line.split()[0]: line for line in reversed(capsys.readouterr().out.splitlines()) if line.strip()}
    ours = ("cldcnn", "ldcnn", "sldcnn", "separable_attention", "dcnn_bilstm", "dcnn_bilstm_teacher")
    ours += ("dcnn_bilstm_student", "optimised_cnn", "ensemble", "resnet18")
    assert all("our sizes" in lines[name] for name in ours)
    assert "sizes as in the paper" in lines["fcsdnet"] and "sizes as in the code" in lines["mini_xception"]
