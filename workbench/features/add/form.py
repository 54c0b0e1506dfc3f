"""The form: the file, the network it holds, its input and its classes."""

from __future__ import annotations

import dataclasses
from typing import Any

import streamlit as st

from fer_models.architectures import ARCHITECTURES
from fer_models.errors import UserError
from fer_models.exchange.bring import Given
from fer_models.exchange.class_order import ORDERS
from fer_models.exchange.network_name import NetworkName, parse_network
from fer_models.exchange.weight_file import LARGEST, SUFFIXES
from fer_models.preprocess import Preprocess
from workbench import cache, state
from workbench.features.add.model import request
from workbench.features.add.model.request import Uploaded
from workbench.widgets import dataclass_form
from workbench.widgets.errors import guard

_FROM = ("Upload", "Path on this computer")
FROM = state.Choice("add.from", _FROM, address=False)
#: Name of the network that was added last.
ADDED = state.Choice("add.network")
_OWN = "other"


def show() -> None:
    """Draw the form; when a network was added, its name is in :data:`ADDED`."""
    file = _file()
    given: Given | None = None
    folder = isinstance(file, str) and not _is_file(file)
    said = cache.kept(request.said_in, ("said", _identity(file)), file) if file and not folder else None
    if said is not None:
        st.caption(
            f"The file says what it is: {', '.join(said.classes)}; {said.preprocess.size} pixels, {_scale(said)}."
        )
        given = said
    elif not folder:
        given = _given(onnx=_name(file).lower().endswith(".onnx"))
    name = st.text_input("Name in the lists", key="add name", placeholder="as the file", max_chars=80)
    if st.button("Add the network", type="primary", icon=":material/add:", disabled=not file, key="add it"):
        assert file is not None
        with st.spinner("Reading the file and running the network once."):
            added = request.add(file, given, request.place(name, file))
        ADDED.set(added.name)
        st.rerun()


def _file() -> Uploaded | str | None:
    chosen = st.segmented_control("From", _FROM, required=True, label_visibility="collapsed", **FROM.widget())
    if chosen == _FROM[0]:
        upload = st.file_uploader(
            "Weights or ONNX",
            type=[suffix[1:] for suffix in (*SUFFIXES, ".onnx", ".h5", ".keras")],
            key="add file",
            max_upload_size=LARGEST // 1_000_000,
            help="A state dict as .safetensors, .pt or .pth, the weights of a torch.export program (.pt2), or an .onnx "
            "file. It is never unpickled and sent nowhere.",
        )
        return None if upload is None else Uploaded(upload.name, upload.getbuffer())
    path = st.text_input(
        "File or folder",
        key="add path",
        placeholder="/home/me/weights.pt or runs/20260101-fcsdnet",
        help="A file as for Upload, a checkpoint folder, or the folder of a run.",
    )
    return path.strip() or None


def _given(*, onnx: bool) -> Given:
    """Draw what a file does not say: network, input and classes."""
    with guard("the choice of the network"):
        network = NetworkName("", "", {}) if onnx else _network()
    left, right = st.columns(2)
    with left:
        size = st.number_input("Side of the input, pixels", 8, 1024, 48, key="add size")
    with right:
        channels = {"grey": 1, "RGB": 3}[str(st.selectbox("Channels", ["grey", "RGB"], key="add channels"))]
    scales = [title for title, (mean, _) in request.SCALES.items() if channels == 3 or isinstance(mean, float)]
    with left:
        scale = str(
            st.selectbox(
                "Scale of the input",
                [*scales, _OWN],
                key=f"add scale {channels}",
                help="(pixel / 255 - mean) / std: what the network was trained with.",
            )
        )
    with right:
        margin = st.number_input(
            "Margin around the face", 0.0, 2.0, 0.0, 0.1, key="add margin", help="0 is the framing of FER2013."
        )
    mean, std = request.SCALES[scale] if scale != _OWN else _own_scale(channels)
    preprocess = Preprocess.from_dict(
        {"size": int(size), "channels": channels, "mean": mean, "std": std, "crop_margin": float(margin)}
    )
    return Given(network, _classes(), preprocess)


def _network() -> NetworkName:
    titles = request.architectures()
    key = str(
        st.selectbox(
            "Network",
            list(titles),
            format_func=titles.__getitem__,
            key="add network",
            help="A function of a package or plug-in is offered once it was allowed: "
            f"fer import --allow package:function. {request.missing()}",
        )
    )
    if key in ARCHITECTURES:
        kind = ARCHITECTURES[key].Options
        defaults = dataclasses.asdict(kind())
        with st.expander(f"Options of {titles[key]}"):
            values = dataclass_form.show(kind, defaults, key=f"add {key}", columns=2)
        return NetworkName(key, "", {name: value for name, value in values.items() if _plain(value, defaults[name])})
    if key in request.ZOOS:
        name = st.text_input(f"Name in {key}", "resnet18", key=f"add name in {key}")
        return parse_network(f"{key}:{name}")
    return parse_network(key)


def _classes() -> tuple[str, ...]:
    order = str(
        st.selectbox(
            "Order of the classes",
            [*ORDERS, _OWN],
            key="add order",
            help="Which output is which class: the order in which the training program numbered them.",
        )
    )
    text = st.text_input(
        "Class names, the first output first",
        ", ".join(ORDERS.get(order, ())),
        key=f"add classes {order}",
        placeholder="happy, sad, ...",
    )
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _own_scale(channels: int) -> tuple[Any, Any]:
    left, right = st.columns(2)
    texts = [
        left.text_input("Mean", "0.5", key=f"add mean {channels}", help="One number, or three separated by commas."),
        right.text_input("Std", "0.5", key=f"add std {channels}", help="One number, or three separated by commas."),
    ]
    try:
        numbers = [[float(part) for part in text.split(",")] for text in texts]
    except ValueError:
        raise UserError("Mean and std are one number, such as 0.5, or three separated by commas.") from None
    mean, std = (values[0] if len(values) == 1 else values for values in numbers)
    return mean, std


def _plain(value: Any, default: Any) -> bool:
    """Whether a value was changed; tuples are lists in a form."""
    return bool(value != (list(default) if isinstance(default, tuple) else default))


def _scale(given: Given) -> str:
    return f"{'grey' if given.preprocess.channels == 1 else 'RGB'}, {given.preprocess.formula}"


def _name(file: Uploaded | str | None) -> str:
    return file.name if isinstance(file, Uploaded) else file or ""


def _is_file(path: str) -> bool:
    return any(path.lower().endswith(suffix) for suffix in (*SUFFIXES, ".onnx", ".h5", ".keras", ".pkl", ".pb"))


def _identity(file: Uploaded | str | None) -> tuple[str, int, int]:
    if isinstance(file, Uploaded):
        return file.name, len(file.content), hash(bytes(file.content[:65536]))
    return file or "", 0, 0
