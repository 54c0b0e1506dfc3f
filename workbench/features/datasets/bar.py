"""The choice of data set and split, adding and removing sets, and a table of all sets with their sources."""

from __future__ import annotations

import streamlit as st

from fer_models.data import READERS, FaceDataset
from fer_models.folders import data_folder
from fer_models.sources import SetSource, set_sources
from workbench import cache, shared, state
from workbench.app import dataset_facts, datasets, inventory, shipped
from workbench.features.datasets.model import all_sets
from workbench.widgets import data_choice, downloads, table
from workbench.widgets.errors import guard, plain
from workbench.widgets.files import file_names

_BY_ITSELF = "recognise it"
_ZIP_MB = 200
SETS_ADDED = state.Kept("datasets.sets added", 0)


def choose() -> str:
    """Draw the list of data sets with the button to add one, and return the chosen name."""
    titles = {item.name: item.title for item in inventory.data_sets()}
    labels = {name: datasets.listed(name, title) for name, title in titles.items()}
    requested = shared.DATA.get()
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        name = data_choice.show(format_func=labels.__getitem__)
    with right:
        # A fresh key after each success closes it and empties its fields.
        turn = SETS_ADDED.get()
        with st.popover("Add a set", icon=":material/add:", width="stretch", key=f"add set {turn}"):
            _add(turn)
    if requested is not None and requested not in titles:
        absent = {item.name: item.title for item in shipped.data_sets()}
        what = absent.get(requested, f"The data set {requested!r}")
        st.info(
            f"{what} is not on this computer; shown instead: {titles[name]}. “All sets” says where to ask for data.",
            icon=":material/info:",
        )
    return name


def note_passed_over() -> None:
    """Say why another set than the usual one is shown."""
    if passed_over := data_choice.passed_over():
        st.warning(plain(passed_over), icon=":material/warning:")


def choose_protocol(protocols: dict[str, str]) -> str:
    """Draw the list of protocols of the set and return the chosen one."""
    keys = list(protocols)
    return str(
        st.selectbox(
            "Split",
            keys,
            format_func=protocols.__getitem__,
            help="How training, validation and test are separated. By subject: nobody is in two parts.",
            **shared.PROTOCOL.widget(keys, keys[0]),
        )
    )


def offer_removal(name: str) -> None:
    """Draw a button that removes the set, if the user added it.

    Raises:
        UserError: If that cannot be written down.
    """
    entry = datasets.find(name)
    if entry is not None and entry.added:
        data_choice.removal(entry)


def headline(dataset: FaceDataset) -> None:
    """Draw size, classes and subjects of the set in one line."""
    people = len(cache.of_dataset(dataset_facts.people, dataset))
    unlabelled = int((dataset.labels < 0).sum())
    parts = [
        f"**{len(dataset):,} images**",
        f"{len(dataset.classes)} classes",
        f"{dataset.images.shape[2]} x {dataset.images.shape[1]} pixels, {'grey' if dataset.channels == 1 else 'RGB'}",
        f"{people:,} subjects" if people else "subjects not known",
    ]
    if unlabelled:
        parts.append(f"{unlabelled:,} without a label")
    st.markdown(" · ".join(parts))


def _add(turn: int) -> None:
    folder, archive = st.tabs(["Folder or CSV", "ZIP"])
    layouts = [_BY_ITSELF, *READERS]
    with folder, st.form(f"add folder {turn}", border=False):
        path = st.text_input(
            "Path on this computer",
            key=f"add path {turn}",
            placeholder="/data/my-faces or /data/faces.csv",
            help="Images in folders named by class (class/image or split/class/image), a CSV with a column path "
            "or pixels and a column label, or the layout of a known set.",
        )
        name = st.text_input("Name in the list", key=f"add name {turn}", placeholder="as the folder", max_chars=60)
        layout = st.selectbox("Layout", layouts, key=f"add layout {turn}")
        if st.form_submit_button("Add", icon=":material/add:"):
            with guard("the new data set"):
                _added(datasets.add_path(name, path, None if layout == _BY_ITSELF else layout).name)
    with archive, st.form(f"add zip {turn}", border=False):
        file = st.file_uploader(
            f"ZIP with images in class folders or a CSV, up to {_ZIP_MB} MB",
            type=["zip"],
            key=f"add file {turn}",
            max_upload_size=_ZIP_MB,
            help=f"It may unpack to {datasets.UNPACKED_LIMIT}; it is unpacked into the cache folder of this computer "
            "and sent nowhere.",
        )
        name = st.text_input("Name in the list", key=f"add zip name {turn}", placeholder="as the file", max_chars=60)
        if st.form_submit_button("Unpack and add", icon=":material/folder_zip:"):
            with guard("the new data set"), st.spinner("Unpacking."):
                if file is None:
                    st.warning("Choose a ZIP file first.", icon=":material/folder_zip:")
                else:
                    _added(datasets.add_zip(name, file.name, file.getvalue()).name)


def _added(name: str) -> None:
    shared.DATA.set(name)
    SETS_ADDED.set(SETS_ADDED.get() + 1)
    st.rerun()


def show() -> None:
    """Draw the table, its differences, and the sources."""
    file_names.about(data=None)
    rows = all_sets.all_sets()
    columns, cells = all_sets.table(rows)
    table.show(columns, cells, right=tuple(range(1, 11)), label="All data sets with their sizes and the official ones")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Min, max and average are images per class, as in Table 2 of the FCSDNet paper. That table prints RAF-DB "
            "with 29,672 images; its own minimum, maximum and average belong to the 15,339 with a basic label."
        )
        downloads.show(columns, cells, "data-sets.csv", key="sets csv")
    different = [(row.title, sentence) for row in rows for sentence in row.differences]
    if different:
        st.markdown("**What differs from the official counts, and what was left out**")
        table.show(
            ("Data set", "What was found"),
            different,
            label="Differences from the official counts and what was left out",
        )
    unreadable = [(row.title, row.problem) for row in rows if row.problem]
    if unreadable:
        st.markdown("**What could not be read**")
        table.show(("Data set", "Why"), unreadable, label="Data sets that could not be read")
    _hidden()
    st.markdown("**Where to get a data set, and the files that are read**")
    st.caption(
        f"Put the files into a folder in {data_folder()} (FER_DATA), or add a folder, CSV or ZIP with “Add a set”."
    )
    sources = set_sources()
    table.show(
        ("Data set", "Found", "Ask at", "Terms", "Files", "Paper"),
        [(each.title, _found(each), each.where, each.terms, each.layout, each.citation) for each in sources],
        label="Sources, terms and layouts",
    )


def _found(source: SetSource) -> str:
    return ", ".join(name for name, _ in source.found) or "no"


def _hidden() -> None:
    """Draw a button for each hidden set, which shows it again."""
    entries = datasets.hidden()
    if not entries:
        return
    st.markdown("**Hidden**")
    with st.container(horizontal=True):
        for entry in entries:
            label = f"Show {entry.title} again"
            if st.button(label, key=f"show again {entry.name}", icon=":material/visibility:"):
                datasets.hide(entry, again_shown=True)
                datasets.read_again(entry)
                st.rerun()
