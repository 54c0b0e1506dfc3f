"""Options of the HOG + DCNN-BiLSTM networks, and where each part of them comes from."""

from __future__ import annotations

from typing import Annotated, Literal

from fer_models.architectures.switches import ADDED, Dropout, Gate, Ratio
from fer_models.settings import about, checked, in_paper, ours

TITLE = "HOG + DCNN-BiLSTM"
SIZES = ours("Table 2 gives the convolutions and 300 cells; the widths of the BiLSTM and the attention are ours")
PARTS = {
    "HOG: 8x8 cells, 9 bins, blocks of 36, L2": in_paper("eq. 1-7"),
    "three 5x5 convolutions of 32, 64 and 128, no padding": in_paper("Table 2; section on DCNN: maps of 52 pixels"),
    "norm and activation after each convolution": ours("batch normalisation is named; its place is ours"),
    "two 2x2 pools": in_paper("Table 2"),
    "BiLSTM over the pixels row by row, both directions summed": in_paper("eq. 12; the order of the pixels is ours"),
    "128 cells a direction": ours("so that the map keeps its channels"),
    "two layers of dual attention": ours("the number is not given"),
    "queries, keys and values by 1x1 convolutions": in_paper("algorithm 1, steps 1-3"),
    "shortcut and normalisation": in_paper("algorithm 1, steps 8-9"),
    "global average, 300 units, softmax": in_paper("Table 2; the average before it is ours"),
    "formula of the PCP": ours("the paper names it and gives none"),
    "He weights": ours("the paper does not say"),
}

_CONV = "The second and third convolution."
_Width = Annotated[float, about("Factor of all channels.", in_paper("Table 2: 32, 64, 128"), ge=0.125, le=4)]


@checked(TITLE)
class DCNNBiLSTMOptions:
    """Ablation switches; the defaults are our reading of the paper.

    ``template_mask`` stands in for landmarks, which no data set brings along.
    """

    input: Annotated[
        Literal["gray+hog", "gray", "hog"],
        about("Grey, its HOG image, or both as two channels.", ours("how the HOG enters the network is not said")),
    ] = "gray+hog"
    orientation: Annotated[
        Literal["full", "paper"],
        about(
            "Of the HOG: over 180 degrees, or the printed |arctan| over 90.",
            ours("eq. 4 reaches 90 degrees, but eq. 5 has bins up to 180"),
        ),
    ] = "full"
    conv: Annotated[
        Literal["separable", "full"], about(_CONV, in_paper("experimental results; that it is these two is ours"))
    ] = "separable"
    order: Annotated[
        Literal["stacked", "interleaved"],
        about(
            "Pools after the three convolutions, or between them.", in_paper("section on DCNN: 128 maps of 52 pixels")
        ),
    ] = "stacked"
    width: _Width = 1.0
    bilstm: Annotated[bool, about("The recurrent layer.", in_paper("eq. 12, Fig. 3"))] = True
    dam: Annotated[
        Literal["both", "spatial", "channel", "none"],
        about("Branches of the dual attention.", in_paper("eq. 13-15, algorithms 1 and 2")),
    ] = "both"
    cross: Annotated[bool, about("Keys swapped in the dual attention's second layer.", in_paper("eq. 16"))] = True
    distill_kv: Annotated[bool, about("Self-attention distillation.", in_paper("eq. 17-18"))] = True
    window: Annotated[
        int,
        about("Of the attention; 0 is 7, or 3 with interleaved pools.", ours("R_g and R_p are not given"), ge=0, le=64),
    ] = 0
    groups: Annotated[int, about("Of the channel attention.", ours("G_w is not given"), ge=1)] = 8
    activation: Annotated[
        Literal["pcp", "relu", "gelu"],
        about("Of the interaction and the hidden layer.", in_paper("before eq. 19; of the hidden layer ours")),
    ] = "pcp"
    conv_activation: Annotated[
        Literal["relu", "pcp"],
        about(
            "Of the three convolutions.", ours("theta of eq. 9 is open; before eq. 19 the paper argues against ReLU")
        ),
    ] = "relu"
    interaction: Annotated[Literal["ilm", "sum", "concat"], about("How the two branches meet.", in_paper("eq. 19"))] = (
        "ilm"
    )
    attention: Annotated[Gate, about("A gate on the map that the recurrent layer reads.", ADDED)] = "none"
    ratio: Annotated[Ratio, about("Reduction of the gate.", ADDED)] = 8
    dropout: Annotated[
        Dropout, about("Before the last layer.", ours("section on DCNN names dropout without a rate"))
    ] = 0.5
    template_mask: Annotated[
        bool,
        about(
            "Weigh the eyes, brows, nose and mouth of an aligned face by a fixed mask.",
            ours("landmark weights are the teacher's; no data set has landmarks"),
        ),
    ] = False


@checked(f"{TITLE}, teacher")
class TeacherOptions(DCNNBiLSTMOptions):
    """The same switches; the teacher's convolutions are not separable, and landmarks weigh its input."""

    conv: Annotated[Literal["separable", "full"], about(_CONV, ours("algorithm 3 gives the teacher no sizes"))] = "full"
    template_mask: Annotated[
        bool,
        about(
            "Weigh the eyes, brows, nose and mouth of an aligned face by a fixed mask.",
            in_paper("experimental results: landmark weights in the teacher; that a template gives them is ours"),
        ),
    ] = True


@checked(f"{TITLE}, student")
class StudentOptions(DCNNBiLSTMOptions):
    """The same switches; the student is half as wide."""

    width: Annotated[_Width, about("Factor of all channels.", ours("algorithm 3 gives the student no sizes"))] = 0.5
