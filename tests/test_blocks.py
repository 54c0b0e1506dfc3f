"""A network as blocks and as a drawing: what flows where, where attention sits, and that every network can be drawn."""

import itertools
from xml.etree import ElementTree

import pytest
import torch

from fer_models import create_model
from fer_models.architectures import ARCHITECTURES
from fer_models.block_drawing import ATTENTION, COLUMNS, INK, draw
from fer_models.blocks import Block, blocks, layers_of
from fer_models.cli import main
from fer_models.errors import UserError
from fer_models.layer_names import block_title


def traced(name, **options):
    shape = ARCHITECTURES[name].native_input
    with torch.device("meta"):
        model = create_model(name, in_channels=shape[0], **options)
    return {block.name: block for block in blocks(model, shape)}, model


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_is_drawn_whole(name):
    found, model = traced(name)
    assert 4 <= len(found) <= 26
    assert all(source in found for block in found.values() for source in block.sources)
    assert [name for name, block in found.items() if not block.sources] == ["input"]
    assert sum(block.parameters for block in found.values()) <= sum(p.numel() for p in model.parameters())
    assert list(found.values())[-1].shape == (7,)
    drawing = ElementTree.fromstring(draw(list(found.values()), "x"))
    assert len(drawing.findall("{*}g")) == len(found)
    assert crossed(drawing) == []


def test_attention_stands_alone_and_branches_meet():
    fcsdnet, _ = traced("fcsdnet")
    assert [n for n, b in fcsdnet.items() if b.attention] == [f"stages.{i}.attention" for i in range(3)]
    assert fcsdnet["stages.0.attention"].shape == (128, 13, 13)
    branches, _ = traced("multibranch")
    assert set(branches["top.0"].sources) == {"gate3", "branch2", "branch1.1"}
    assert branches["gate2"].sources == branches["stage3.0"].sources == ("stage2.2",)
    separable, _ = traced("separable_attention")
    assert separable["dot"].sources == separable["additive"].sources == ("first", "second")
    direct, _ = traced("separable_attention", direct=True)
    assert "blocks.5" in direct["dot"].sources


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_layers_of_heatmaps_lie_in_blocks_that_can_be_clicked(name):
    found, model = traced(name)
    layers = layers_of(model, list(found.values()))
    assert set(layers) <= set(found) - {"input"} and set(layers.values()) <= set(model.cam_layers)
    assert len(layers) >= min(3, len(model.cam_layers)) and len(set(layers.values())) == len(layers)
    drawing = ElementTree.fromstring(draw(list(found.values()), "x", buttons=list(layers), chosen=next(iter(layers))))
    buttons = [group.attrib for group in drawing.findall("{*}g") if "data-block" in group.attrib]
    assert {each["data-block"] for each in buttons} == set(layers)
    assert [each["aria-pressed"] for each in buttons].count("true") == 1


def test_a_layer_lies_in_the_block_that_it_ends_in():
    for name, block, layer in (
        ("fcsdnet", "stages.1.attention", "stage 2 attention"),
        ("fcsdnet", "stages.1.transition", "stage 2 transition"),
        ("sldcnn", "transitions.0", "block 1 norm"),
        ("multibranch", "stage1.2", "stage 1"),
        ("dcnn_bilstm", "dual.interaction", "dual attention"),
    ):
        found, model = traced(name)
        assert layers_of(model, list(found.values()))[block] == layer


def test_words_of_a_drawing():
    assert block_title("stages.2.attention") == "Stage 3, attention"
    assert block_title("stage1.0") == "Stage 1, part 1"
    assert block_title("mlp") == "MLP"


def test_a_drawing_names_no_module_path():
    found, _ = traced("fcsdnet")
    svg = draw(list(found.values()), "FCSDNet", buttons=list(found))
    titles = [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("title")]
    assert "Stage 3, attention: channel + spatial" in titles and not any("stages." in text for text in titles)


def test_a_drawing_is_written(tmp_path, capsys):
    assert main(["models", "mini_xception", "--draw", str(tmp_path / "net.svg")]) == 0
    assert ElementTree.parse(tmp_path / "net.svg").getroot().tag.endswith("svg")
    assert main(["models", "--draw", "-"]) == 2
    assert "name the network" in capsys.readouterr().err
    with pytest.raises(UserError, match="input shape"):
        blocks(create_model("mini_xception", in_channels=1), (48, 48))


def corners(line: str) -> list[tuple[float, float]]:
    """The corners of a line of M, h, H and V."""
    x, y, *steps = line[1:].split()
    found = [(float(x), float(y))]
    for step in steps:
        x, y, value = *found[-1], float(step[1:])
        found.append({"h": (x + value, y), "H": (value, y), "V": (x, value)}[step[0]])
    return found


def test_gates_are_dashed_and_attention_is_filled():
    styles = {}
    for block in (
        Block("a", "x", (1,)),
        Block("b", "x", (1,), gates=2),
        Block("c", "x", (1,), gates=2, attention=True),
    ):
        box = ElementTree.fromstring(draw([block], "One")).find(".//{*}g/{*}rect").attrib
        styles[block.name] = ("stroke-dasharray" in box, box["fill"], box["stroke"])
    assert styles["a"][:2] == (False, "none") and styles["b"][:2] == (True, "none") and not styles["c"][0]
    assert styles["a"][2] == INK and styles["b"][2] == styles["c"][2] == styles["c"][1] == ATTENTION


def crossed(drawing):
    """The boxes that a line runs through."""
    boxes = {
        group.find("{*}title").text: [float(group.find("{*}rect").attrib[k]) for k in ("x", "y", "width", "height")]
        for group in drawing.iter("{http://www.w3.org/2000/svg}g")
    }
    lines = [
        path.attrib["d"] for path in drawing.iter("{http://www.w3.org/2000/svg}path") if path.attrib["fill"] == "none"
    ]
    return [
        name
        for line in lines
        for (x1, y1), (x2, y2) in itertools.pairwise(corners(line))
        for name, (x, y, w, h) in boxes.items()
        if min(x1, x2) < x + w and max(x1, x2) > x and min(y1, y2) < y + h and max(y1, y2) > y
    ]


def test_a_line_runs_round_the_boxes_to_a_lower_row_and_to_the_next_line():
    chain = [Block("b0", "image", (1,))]
    chain += [Block(f"b{k}", "pool", (1,), sources=(f"b{k - 1}",)) for k in range(1, COLUMNS + 3)]
    chain.insert(4, Block("above", "pool", (1,), sources=("b2",)))
    chain += [
        Block("lower", "sum", (1,), sources=("b0", "b3")),  # in a lower row, behind other boxes
        Block("last", "sum", (1,), sources=("b0", f"b{COLUMNS + 2}")),  # in the next line, farther to the right
    ]
    assert crossed(ElementTree.fromstring(draw(chain, "A chain"))) == []


def test_blocks_lie_in_columns_without_overlap_and_arrows_join_their_edges():
    """A chain over two lines of the drawing, with two blocks side by side and a jump over one."""
    chain = [Block("b0", "image", (1, 8, 8))]
    chain += [Block(f"b{k}", "convolution", (4, 8, 8), 10, sources=(f"b{k - 1}",)) for k in range(1, COLUMNS + 2)]
    chain += [Block("beside", "pool", (4, 4, 4), sources=("b0",)), Block("late", "sum", (4,), sources=("b0", "b2"))]
    svg = ElementTree.fromstring(draw(chain, "A chain"))
    space = "{http://www.w3.org/2000/svg}"
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    boxes, names = {}, {block_title(block.name): block.name for block in chain}
    for group in svg.iter(f"{space}g"):
        rect = group.find(f"{space}rect").attrib
        boxes[names[group.find(f"{space}title").text.split(":")[0]]] = [
            float(rect[k]) for k in ("x", "y", "width", "height")
        ]
    assert len(boxes) == len(chain)
    xs, ys = [box[0] for box in boxes.values()], [box[1] for box in boxes.values()]
    w, h = boxes["b0"][2:]
    assert width == max(xs) + w + min(xs) and height == max(ys) + h + min(ys)
    for name, (x, y, *_) in boxes.items():
        others = [box for other, box in boxes.items() if other != name]
        assert all(abs(x - a) >= w + 10 or abs(y - b) >= h + 10 for a, b, *_ in others)
    assert boxes["beside"][0] == boxes["b1"][0] and boxes["late"][0] == boxes["b3"][0]
    assert boxes[f"b{COLUMNS}"][0] == boxes["b0"][0] and boxes[f"b{COLUMNS}"][1] > max(
        boxes["beside"][1], boxes["b6"][1]
    )
    starts = {(x + w, y + h / 2) for x, y, *_ in boxes.values()}
    ends = {(x, y + h / 2) for x, y, *_ in boxes.values()}
    paths = [path.attrib["d"] for path in svg.iter(f"{space}path")]
    assert len(paths) == 2 * sum(len(block.sources) for block in chain)
    for line, head in zip(paths[::2], paths[1::2], strict=True):
        begin = tuple(float(part) for part in line[1:].split()[:2])
        tip = tuple(float(part) for part in head[1:].split()[:2])
        assert begin in starts and tip in ends
        assert line.rsplit(" ", 2)[-2:] == [f"V{tip[1]:g}", f"H{tip[0] - 5:g}"]
        for (x1, y1), (x2, y2) in list(itertools.pairwise(corners(line)))[1:-1]:
            for x, y, *_ in boxes.values():  # between its ends a line keeps off the boxes and their edges
                assert max(x1, x2) < x or min(x1, x2) > x + w or max(y1, y2) < y or min(y1, y2) > y + h


def test_long_words_are_cut_where_the_box_ends():
    words = "a" * 40
    for kind in (words, words[:21], words[:22]):
        svg = draw([Block("x", kind, (1,))], "One")
        shown = next(text.text for text in ElementTree.fromstring(svg).iter() if (text.text or "").startswith("Aa"))
        # 134 pixels less a margin of 6, at 0.53 of the size of 11 a letter: 21 letters.
        assert shown == ("A" + kind[1:] if len(kind) <= 21 else "A" + "a" * 19 + "…")
