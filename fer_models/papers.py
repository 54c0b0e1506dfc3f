"""The five papers: citation, network, and the names under which their tables print it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """A paper whose figures are kept.

    ``network``: key of its own network in the registry of architectures. ``own_methods``: names under which its tables
    print that network and its variants. ``presets``: recipes that follow it, that of its main tables first.
    ``other_networks``: further networks of it in the registry.
    """

    citation: str
    short: str
    network: str
    own_methods: tuple[str, ...]
    presets: tuple[str, ...]
    other_networks: tuple[str, ...] = ()


#: Papers by key, which is the name of the CSV file of their figures.
PAPERS: dict[str, Paper] = {
    "fcsdnet": Paper(
        "Long, D. T.: Efficient DenseNet Model with Fusion of Channel and Spatial Attention for Facial Expression "
        "Recognition. Cybernetics and Information Technologies, 2024.",
        "Long 2024",
        "fcsdnet",
        ("FCSDNet",),
        ("fcsdnet-paper",),
    ),
    "multibranch-buet": Paper(
        "Munim, K. A. A., Mahmud, S., Faisal, N., Kamal, M. N.: Facial Expression Classification using Deep Learning. "
        "Course report EEE 402, BUET, on He, Y.: IEEE Access 11, 2023.",
        "BUET report",
        "multibranch",
        ("Mother paper (He 2023)", "Our implementation of mother paper"),
        ("multibranch-report", "multibranch-he"),
    ),
    "sldcnn": Paper(
        "Li, D., Sun, J., Liu, W., Wang, L., Zhou, N.: Dense-Attention CNN with Spatial-Attention Fusion for Robust "
        "Facial Expression Recognition. Information Technology and Control 54(3), 844-863, 2025.",
        "Li et al. 2025",
        "sldcnn",
        ("SLDCNN", "CLDCNN", "LDCNN"),
        ("sldcnn-paper",),
        ("cldcnn", "ldcnn"),
    ),
    "separable-attention": Paper(
        "Yengikand, A. K., Afsharyan, M. F., et al.: Facial Expression Recognition Based on Separable Convolution "
        "Network and Attention Mechanism. 2023.",
        "Yengikand et al. 2023",
        "separable_attention",
        ("Separable convolutions with attention",),
        ("separable-paper", "separable-transfer"),
    ),
    "dcnn-bilstm": Paper(
        "Jayaraman, S., Mahendran, A.: An interactive information based DCNN-BiLSTM model with dual attention "
        "mechanism for facial expression recognition. Scientific Reports 15, 2025.",
        "Jayaraman and Mahendran 2025",
        "dcnn_bilstm",
        ("DCNN-BiLSTM with dual attention",),
        ("dcnn-bilstm-paper", "dcnn-bilstm-teacher", "dcnn-bilstm-distil"),
        ("dcnn_bilstm_teacher", "dcnn_bilstm_student"),
    ),
}


def paper_of(network: str) -> Paper | None:
    """The paper that a network of the registry is from, if it is one of the five.

    Example:
        >>> paper_of("cldcnn").short
        'Li et al. 2025'
    """
    return next((p for p in PAPERS.values() if network in (p.network, *p.other_networks)), None)
