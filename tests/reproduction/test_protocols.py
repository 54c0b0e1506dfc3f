"""Each printed row runs under the protocol that its paper states."""

import pytest

from fer_models.checkpoint import read_checkpoint
from fer_models.evaluation.claims.paper_figures import paper_figures
from fer_models.folders import checkpoints_folder
from fer_models.papers import PAPERS
from fer_models.reproduction.protocols import plan_of
from fer_models.reproduction.tables import paper_table
from fer_models.training.recipe import Recipe, load_preset


def figure(paper, dataset, method, table="", case=""):
    found = [
        f
        for f in paper_figures(paper=paper, dataset=dataset)
        if f.method == method and f.table.startswith(table) and f.case.startswith(case)
    ]
    return found[0]


@pytest.mark.parametrize("paper", PAPERS)
def test_every_plan_is_a_possible_recipe(paper):
    plans = [plan for f in paper_figures(paper=paper) if (plan := plan_of(f)) is not None]
    assert plans
    for plan in set(plans):
        assert plan.recipe.data == plan.data and plan.recipe.protocol == plan.protocol
        assert plan.command.startswith("fer ")


def test_fcsdnet_has_random_image_folds_and_passes_by_the_size_of_the_set():
    plan = plan_of(figure("fcsdnet", "jaffe", "FCSDNet"))
    assert (plan.protocol, plan.folds) == ("folds-5", 5)
    assert plan.command == "fer study fcsdnet-paper --data jaffe --folds 5 --by random"
    assert plan.twin.command == "fer study fcsdnet-paper --data jaffe --folds 5 --by subject"
    assert [plan.recipe.passes(n) for n in (213, 4_999, 5_000, 20_000, 20_001)] == [10, 10, 5, 5, 3]
    assert plan_of(figure("fcsdnet", "rafdb", "FCSDNet", case="average")).protocol == "official"


def test_the_separable_network_is_transferred_to_laboratory_sets():
    ours = "Separable convolutions with attention"
    ckplus, jaffe = (plan_of(figure("separable-attention", name, ours)).recipe for name in ("ckplus", "jaffe"))
    assert (ckplus.lr, ckplus.batch_size, jaffe.batch_size) == (0.001, 64, 16)
    assert ckplus.init_from and jaffe.init_from
    assert not plan_of(figure("separable-attention", "fer2013", ours)).recipe.init_from


def test_sldcnn_is_divided_7_2_1_and_in_ten_folds():
    assert plan_of(figure("sldcnn", "ckplus", "LDCNN", "Table 2")).protocol == "7-2-1"
    assert plan_of(figure("sldcnn", "ckplus", "LDCNN", "Table 2")).recipe.network == "ldcnn"
    assert plan_of(figure("sldcnn", "fer2013", "SLDCNN", "Table 3", "depth 44")).recipe.options == {"depth": 44}
    assert plan_of(figure("sldcnn", "fer2013", "SLDCNN", "Table 4")).folds == 10
    compared = plan_of(figure("sldcnn", "fer2013", "ResNet-18+CBAM", "Table 4")).recipe
    assert (compared.network, compared.loss) == ("resnet18_cbam", "cross_entropy")


def test_recipes_have_the_printed_numbers():
    sldcnn = load_preset("sldcnn-paper")
    assert (sldcnn.mean, sldcnn.std, sldcnn.weight_decay, sldcnn.momentum) == (0.0, 1.0, 0.001, 0.9)
    assert sldcnn.preprocess.formula == "(pixel / 255 - 0) / 1"
    assert load_preset("fcsdnet-paper").repeats == 0
    assert load_preset("multibranch-he").options == {"conv1": 64}
    assert Recipe().preprocess.formula == "(pixel / 255 - 0.5) / 0.5"


def test_like_is_compared_with_like_and_every_metric_is_there():
    shipped = [read_checkpoint(f.parent) for f in sorted(checkpoints_folder().glob("*/config.json"))]
    report = paper_table("multibranch-buet", shipped)
    plain = next(line for line in report.splitlines() if "56.06" in line)
    assert "not measured" in plain and "augmentation={}" in plain
    for printed in ("41.46", "58.98", "75.8", "84.633", "99.39", "72.16"):
        assert printed in report
    assert "ensemble-fer2013" in next(line for line in report.splitlines() if "75.8 %" in line)
    metrics = paper_table("dcnn-bilstm", shipped)
    for name in ("accuracy", "specificity", "precision", "recall", "f1", "gar", "far"):
        start = f"| FER2013 | DCNN-BiLSTM with dual attention | {name} |"
        assert "points" in next(line for line in metrics.splitlines() if start in line)
