"""Networks and weights from elsewhere: what just fits, and what just does not."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from fer_models.errors import UserError
from fer_models.exchange import weight_file
from fer_models.exchange.class_order import OrderCheck, _better, check_order
from fer_models.exchange.examine import _head, _map_layers, _Run
from fer_models.exchange.network_name import parse_network
from fer_models.exchange.weight_file import _list, _weights_in, check_fit, fitted

FILE = SimpleNamespace(name="weights.pt")
ONE = torch.zeros(1)


def test_a_dictionary_of_weights_is_half_weights_at_least() -> None:
    assert list(_weights_in({"a": ONE, "epoch": 3}, FILE)) == ["a"]  # type: ignore[arg-type]
    nested = {"state_dict": {"a": ONE}, "epoch": 3, "loss": 0.1}
    assert list(_weights_in(nested, FILE)) == ["a"]  # type: ignore[arg-type]
    for wrong in ({"a": ONE, "epoch": 3, "loss": 0.1}, {}, [ONE], {"epoch": 3}):
        with pytest.raises(UserError, match="no dictionary"):
            _weights_in(wrong, FILE)  # type: ignore[arg-type]


def test_what_wrappers_put_before_names_is_removed() -> None:
    assert list(fitted({"module.a": ONE, "module.b": ONE}, ["a", "b"])) == ["a", "b"]
    assert list(fitted({"module.a": ONE, "b": ONE}, ["a", "b"])) == ["module.a", "b"], "one has no such beginning"
    assert list(fitted({"module.a": ONE}, ["module.a"])) == ["module.a"] and fitted({}, ["a"]) == {}
    assert list(fitted({"module.module.a": ONE}, ["a"])) == ["a"]


def test_weights_that_fit_and_those_that_do_not() -> None:
    wanted = {"head.weight": torch.zeros(2, 3), "head.bias": torch.zeros(2), "norm.num_batches_tracked": ONE}
    state = {"head.weight": torch.zeros(2, 3), "head.bias": torch.zeros(2)}

    def check(head: str = "head", **weights: torch.Tensor | None) -> None:
        named = {name.replace("_", ".", 1): value for name, value in weights.items()}
        given = {name: value for name, value in {**state, **named}.items() if value is not None}
        check_fit(given, wanted, head=head, classes=2, file="w.pt")

    check()
    check(norm_num_batches_tracked=ONE)
    check(other_num_batches_tracked=ONE)
    for weights, said in (
        ({"head_bias": torch.zeros(3)}, "gives 3 scores"),
        ({"head_bias": None, "head_weight": torch.zeros(5, 3)}, "gives 5 scores"),
        ({"head_bias": None}, r"missing are head\.bias\.$"),
        ({"x_y": ONE}, r"options: left over are x\.y\.$"),
        ({"x_y": ONE, "head_bias": None}, r"missing are head\.bias; left over are x\.y\.$"),
        ({"head_weight": torch.zeros(2, 4)}, r"head.weight in w.pt is \(2, 4\)"),
    ):
        with pytest.raises(UserError, match=said):
            check(**weights)
    with pytest.raises(UserError, match="channels or size differ"):
        check(head="", head_bias=torch.zeros(3))
    assert _list(list("abcd")) == "a, b, c, d" and _list(list("abcdef")) == "a, b, c, d and 2 more"


def test_a_file_as_large_as_allowed_is_read(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    torch.save({"a": torch.ones(3)}, tmp_path / "w.pt")
    with zipfile.ZipFile(tmp_path / "w.pt") as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    monkeypatch.setattr(weight_file, "LARGEST", size)
    assert list(weight_file._torch_file(tmp_path / "w.pt")) == ["a"]
    monkeypatch.setattr(weight_file, "LARGEST", size - 1)
    with pytest.raises(UserError, match="unpacks to more"):
        weight_file._torch_file(tmp_path / "w.pt")


def run(name: str, module: nn.Module, shape: tuple[int, ...], runs: int = 1) -> _Run:
    return _Run(name, module, runs, shape)


def test_the_last_layer_has_a_score_for_each_class() -> None:
    linear, softmax = nn.Linear(3, 7), nn.Softmax(1)
    before = run("first", linear, (2, 7))
    last, end, other = run("fc", linear, (2, 7)), run("soft", softmax, (2, 7)), run("drop", nn.Dropout(), (2, 7))
    assert _head([before, last, other, end], 7) == ("fc", ("soft",))
    assert _head([before, run("wide", linear, (2, 9))], 7) == ("first", ())
    assert _head([before, run("fc", linear, (2, 7), runs=2)], 7) == ("first", ())
    assert (
        _head([run("", linear, (2, 7))], 7) == ("", ()) and _head([run("conv", nn.Conv2d(1, 7, 1), (2, 7))], 7)[0] == ""
    )


def test_layers_of_maps_have_more_than_a_cell_and_no_more_than_the_image() -> None:
    conv = nn.Conv2d(1, 1, 1)
    runs = [
        run("whole", conv, (2, 4, 48, 48)),
        run("half", conv, (2, 4, 24, 24)),
        run("later", conv, (2, 4, 24, 24)),
        run("twice", conv, (2, 4, 12, 12), runs=2),
        run("flat", conv, (2, 4, 1, 6)),
        run("thin", conv, (2, 4, 2, 3)),
        run("large", conv, (2, 4, 2, 49)),
        run("", conv, (2, 4, 6, 6)),
        run("tokens", conv, (2, 4, 6)),
    ]
    assert _map_layers(runs, 48) == ("thin", "later", "whole")


def test_a_network_reads_by_more_than_chance() -> None:
    assert not OrderCheck(("a", "b"), np.array([[5, 5], [5, 5]])).reads
    assert OrderCheck(("a", "b"), np.array([[20, 0], [0, 20]])).reads
    assert not OrderCheck(("a", "b"), np.array([[9, 0], [0, 0]])).reads, "one class says little"
    assert OrderCheck(("a", "b"), np.array([[10, 0], [0, 0]])).reads
    assert OrderCheck(("a", "b"), np.array([[3, 1], [2, 4]])).n == 10


def test_one_order_is_better_by_more_than_chance() -> None:
    """Ten wins without a loss are 1 of 1,024; nine are 1 of 512. Faces that both read say nothing."""
    given = np.zeros(12, bool)
    other = np.arange(12) < 10
    assert _better(other, given) and not _better(other[1:], given[1:]) and not _better(given, other)
    assert not _better(other | True, given | True)


def test_labels_are_among_the_classes() -> None:
    with pytest.raises(UserError, match="no class of this network"):
        check_order(np.array([]), [], ("a", "b"))
    with pytest.raises(UserError, match="no class of this network"):
        check_order(np.array([0]), ["c"], ("a", "b"))
    found = check_order(np.array([0, 1, 1]), ["a", "a", "b"], ("a", "b"))
    assert found.confusion.tolist() == [[1, 1], [0, 1]] and not found.other and found.right == 2


def test_a_network_is_named_with_its_options() -> None:
    named = parse_network("timm:resnet18:a=1,b=x")
    assert named.source == "timm:resnet18" and named.options == {"a": 1, "b": "x"}
    own = parse_network("mini_xception:ratio=4")
    assert own.key == "mini_xception" and own.options == {"ratio": 4}
    for wrong in ("nothing", "nothing:a=1", "timm:resnet18:a", "timm:resnet18:=1"):
        with pytest.raises(UserError):
            parse_network(wrong)
