"""Names of a network's layers for people: where a module is and what it does, instead of its dotted path."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

#: Parts of a dotted name that people write otherwise.
_WORDS = {
    "mlp": "MLP",
    "hog": "HOG",
    "lstm": "LSTM",
    "relu": "ReLU",
    "bn": "batch norm",
    "conv": "convolution",
    "drop": "drop path",
    "dual": "dual attention",
}
#: What classes of modules are called.
KINDS = {
    "Conv1d": "1-D convolution",
    "Conv2d": "convolution",
    "BatchNorm1d": "batch norm",
    "BatchNorm2d": "batch norm",
    "Linear": "linear",
    "ReLU": "ReLU",
    "SiLU": "SiLU",
    "GELU": "GELU",
    "PCP": "PCP",
    "LSTM": "LSTM",
    "MBConv": "MBConv",
    "DenseComponent": "dense layer",
    "MaxPool2d": "max-pool",
    "AvgPool2d": "average pool",
    "SameAvgPool": "average pool",
    "SamePad": "padding",
    "HOG": "HOG",
    "RasterBiLSTM": "BiLSTM",
    "ChannelSpatialFusion": "channel + spatial",
    "CBAM": "CBAM",
    "SqueezeExcite": "squeeze, excitation",
    "DilatedSpatial": "dilated spatial gate",
    "AdditiveAttention": "additive attention",
    "DotAttention": "dot product",
    "DualAttentionLayer": "dual attention",
    "ChannelAttention": "channel attention",
    "SpatialAttention": "spatial attention",
    "WindowSelfAttention": "window self-attention",
    "GroupedChannelAttention": "grouped channel attention",
}
#: Last parts of a module's name that say what it is, which its label says better.
_ATTENTION = {"attention", "channel", "spatial", "gate", "additive", "dot"}
_TWO_PARTS = re.compile(r"(?:attention|gate|gated)\.(channel|spatial|additive|dot)\b")


def block_title(name: str) -> str:
    """What a drawing calls a block, from its dotted name.

    Example:
        >>> block_title("stages.2.attention")
        'Stage 3, attention'
    """
    text = module_words(name)
    return text[:1].upper() + text[1:]


def module_words(name: str) -> str:
    """The words of a dotted name, for the middle of a sentence.

    Example:
        >>> module_words("layer3.1"), module_words("stages.2")
        ('layer 3, part 2', 'stage 3')
    """
    return ", ".join(_parts(name))


def attention_title(name: str, label: str) -> str:
    """Name of an attention module for people.

    Args:
        name: Its dotted name.
        label: What it is, as its tap says.

    Example:
        >>> attention_title("stages.2.attention.channel", "channel gate")
        'Stage 3, channel attention'
    """
    parts = name.split(".")
    while parts and parts[-1] in _ATTENTION:
        parts.pop()
    kind = label.replace(" gate", " attention")
    return f"{block_title('.'.join(parts))}, {kind}" if parts else kind[:1].upper() + kind[1:]


def kind_title(kind: str) -> str:
    """What a class of modules is called.

    Example:
        >>> kind_title("Conv2d"), kind_title("DropPath")
        ('convolution', 'drop path')
    """
    if kind in KINDS:
        return KINDS[kind]
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind).strip()


def layer_titles(layers: Sequence[tuple[str, str]]) -> list[str]:
    """Names of layers: the blocks that they are in, and what they do.

    Layers that are only numbered are called by their kind and counted among those of their kind beside them.

    Args:
        layers: Dotted name and class of each layer of the network, in any order.

    Returns:
        A name for each, in the same order, no two alike.

    Example:
        >>> layer_titles([("stem.0", "Conv2d"), ("stem.1", "BatchNorm2d"), ("head", "Linear")])
        ['Stem, convolution', 'Stem, batch norm', 'Head (linear)']
        >>> layer_titles([("stages.2.attention.channel.expand", "Linear")])
        ['Stage 3, channel attention, expand (linear)']
    """
    kinds = [(name.rpartition(".")[0], kind_title(kind)) for name, kind in layers]
    alike, so_far = Counter(kinds), Counter[tuple[str, str]]()
    titles = []
    for (name, _), (parent, kind) in zip(layers, kinds, strict=True):
        last = name.rpartition(".")[2]
        if last.isdigit():
            so_far[parent, kind] += 1
            number = f" {so_far[parent, kind]}" if alike[parent, kind] > 1 else ""
            title = ", ".join([*_parts(parent), f"{kind}{number}"])
        elif not last:  # the network itself
            title = kind
        else:
            title = module_words(name)
            own = re.sub(r" \d+$", "", _parts(last)[-1])
            title += "" if kind in own or any(word in kind for word in own.split()) else f" ({kind})"
        titles.append(title[:1].upper() + title[1:])
    return titles


def _parts(name: str) -> list[str]:
    """The words of a dotted name, modules of a list numbered from 1: ``stages.2`` is ``stage 3``."""
    parts: list[str] = []
    if not name:
        return parts
    for part in _TWO_PARTS.sub(r"\1 attention", name).replace("_", " ").split("."):
        if part.isdigit() and parts:
            numbered = parts[-1][-1].isdigit()  # stage1.0 is part 1 of stage 1
            parts[-1] = (
                f"{parts[-1]}, part {int(part) + 1}" if numbered else f"{parts[-1].removesuffix('s')} {int(part) + 1}"
            )
            continue
        words, number = re.fullmatch(r"(.*?)(\d*)", part).groups()  # type: ignore[union-attr]
        parts.append(f"{_WORDS.get(words, words)} {number}".strip())
    return parts
