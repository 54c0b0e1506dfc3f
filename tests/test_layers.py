"""The house: which room may import which, held by reading the imports of every file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

_GROUND = ("fer_models", "workbench.app", "workbench.once")
_STATE = ("workbench.state", "workbench.shared")
_SHARED = (*_GROUND, *_STATE, "workbench.cache", "workbench.navigation", "workbench.widgets", "streamlit")
#: What a room may import of ours and of the two libraries of the screen. The longest prefix counts; ``FEATURE`` stands
#: for the feature that a module belongs to: no feature imports another one.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "pages": (*_SHARED, "workbench.face", "workbench.heatmap", "workbench.evidence", "workbench.features"),
    "workbench": (),
    "workbench.Home": (
        "fer_models.folders",
        "fer_models.plugins",
        "fer_models.storage",
        "workbench.own_origin",
        "workbench.password",
        "workbench.uploads_in_memory",
        "workbench.script",
        "workbench.warm_up",
        "streamlit",
    ),
    "workbench.warm_up": (
        "fer_models.data",
        "fer_models.errors",
        "workbench.app",
        "workbench.features.home",
        "streamlit",
    ),
    "workbench.own_origin": ("streamlit",),
    "workbench.password": ("workbench.own_origin",),
    "workbench.uploads_in_memory": ("workbench.own_origin",),
    "workbench.script": (
        "workbench.app",
        "workbench.widgets",
        "workbench.face",
        "workbench.navigation",
        "workbench.state",
        "workbench.once",
        "streamlit",
    ),
    "workbench.once": (),
    "workbench.navigation": ("streamlit",),
    "workbench.state": ("streamlit",),
    "workbench.shared": ("workbench.state",),
    "workbench.cache": (*_GROUND, "streamlit"),
    "workbench.app": _GROUND,
    "workbench.widgets": _SHARED,
    "workbench.widgets.timeline_figure": (*_GROUND, "plotly"),
    "workbench.widgets.files.report_page": (*_GROUND, "plotly"),
    "workbench.face": (*_SHARED, "workbench.face"),
    "workbench.heatmap": (*_SHARED, "workbench.face", "workbench.heatmap"),
    "workbench.evidence": (*_SHARED, "workbench.face", "workbench.heatmap", "workbench.evidence"),
    "workbench.features": (*_SHARED, "workbench.face", "workbench.heatmap", "workbench.evidence", "FEATURE"),
    "fer_models": ("fer_models",),
}
#: What ``figures`` and ``model`` modules may import, whatever their room may.
_MODELS = (*_GROUND, "workbench.face.model", "workbench.heatmap.model", "workbench.evidence.model")
INNER: dict[str, tuple[str, ...]] = {
    "model": (*_MODELS, "FEATURE.model"),
    "figures": (
        *_MODELS,
        "workbench.face.figures",
        "workbench.heatmap.figures",
        "workbench.evidence.figures",
        "FEATURE",
        "plotly",
    ),
}
#: Modules of the library that import nothing of ours but each other.
GROUND = tuple(
    f"fer_models.{name}"
    for name in (
        "arrays",
        "registry",
        "labels",
        "colours",
        "display",
        "errors",
        "files",
        "folders",
        "fonts",
        "json_text",
        "layer_names",
        "layout",
        "papers",
        "progress",
        "settings",
        "storage",
        "process",
        "system",
        "tables",
    )
)
#: Inside the library: what a room may import of it; rooms that are not named are free.
INSIDE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(GROUND, GROUND),
    "fer_models.attention": ("fer_models.attention", "fer_models.registry", "fer_models.labels", "fer_models.errors"),
    "fer_models.losses": ("fer_models.losses", "fer_models.registry", "fer_models.labels", "fer_models.errors",
                          "fer_models.settings"),
    "fer_models.architectures": ("fer_models.architectures", "fer_models.attention", "fer_models.registry",
                                 "fer_models.labels", "fer_models.errors", "fer_models.settings", "fer_models.papers",
                                 "fer_models.folders", "fer_models.storage", "fer_models.layer_names",
                                 "fer_models.arrays"),
}  # fmt: skip
GUARDED = ("fer_models", "workbench", "pages", "streamlit", "plotly")
ONLY_USERS = {
    "session_state": "workbench.state",
    "query_params": "workbench.state",
    "cache_data": "workbench.cache",
    "cache_resource": "workbench.cache",
    "plotly_chart": "workbench.widgets.plot",
    "download_button": "workbench.widgets.downloads",
}
#: A page is a short script; the entry too.
LONGEST_PAGE = 100


def module_name(path: Path, root: Path) -> str:
    parts = list(path.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(name: str, prefixes: tuple[str, ...]) -> str | None:
    """The longest prefix that the dotted name lies in."""
    fitting = [p for p in prefixes if name == p or name.startswith(p + ".")]
    return max(fitting, key=len, default=None)


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Dotted name and line of every import, wherever it stands; imports for type checkers do not count."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}: write the full name"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        yield from imports(node)


def allowed(name: str) -> tuple[str, ...]:
    """Prefixes that the module of that dotted name may import."""
    room = within(name, tuple(MAY_IMPORT))
    assert room is not None, f"{name} belongs to no room"
    parts = name.split(".")
    own = ".".join(parts[:3]) if room == "workbench.features" else room
    rules = MAY_IMPORT[room]
    if parts[0] == "workbench":
        inner = next((part for part in parts[2:] if part in INNER), None)
        rules = INNER[inner] if inner else rules
    return tuple(rule.replace("FEATURE", own) for rule in rules)


def offences(root: Path) -> list[str]:
    """One line for each forbidden import and each use of something that one module owns."""
    found = []
    for top in ("fer_models", "workbench", "pages"):
        for path in sorted((root / top).rglob("*.py")):
            name = module_name(path, root)
            rules = allowed(name)
            tree = ast.parse(path.read_text(encoding="utf-8"))
            inside = within(name, tuple(INSIDE))
            for imported, line in imports(tree):
                if within(imported, GUARDED) is None:
                    continue
                if within(imported, rules) is None:
                    found.append(f"{name}:{line} imports {imported}, which it may not")
                if inside and within(imported, ("fer_models",)) and within(imported, INSIDE[inside]) is None:
                    found.append(f"{name}:{line} imports {imported}, which {inside} may not")
            for node in ast.walk(tree):
                owner = ONLY_USERS.get(node.attr) if isinstance(node, ast.Attribute) else None
                if owner and name != owner:
                    found.append(f"{name}:{node.lineno} uses {node.attr}, which only {owner} may")
    return found


def room_graph(root: Path) -> dict[str, set[str]]:
    """Rooms of the library (its folders and the modules beside them) and the rooms that each of them imports."""
    graph: dict[str, set[str]] = {}

    def room(name: str) -> str:
        parts = name.split(".")
        path = root / "fer_models" / parts[1] if len(parts) > 1 else root
        # ``from fer_models import create_model`` is the package itself.
        return parts[1] if path.is_dir() or path.with_suffix(".py").is_file() else "fer_models"

    for path in sorted((root / "fer_models").rglob("*.py")):
        name = module_name(path, root)
        here = room(name) if name != "fer_models" else "fer_models"
        rooms = graph.setdefault(here, set())
        for imported, _ in imports(ast.parse(path.read_text(encoding="utf-8"))):
            if within(imported, ("fer_models",)):
                rooms.add(room(imported) if imported != "fer_models" else "fer_models")
        rooms.discard(here)
    return graph


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Rooms that import each other in a ring, none if there is no such ring."""
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return error.args[1]
    return []


def test_the_arrows_hold() -> None:
    assert offences(ROOT) == []


def test_no_rooms_of_the_library_import_each_other() -> None:
    graph = room_graph(ROOT)
    assert {"training", "explain", "checkpoint", "storage"} < graph.keys()
    assert circle(graph) == []


def test_a_planted_circle_is_found(tmp_path: Path) -> None:
    files = {
        "fer_models/data/inner/one.py": "from fer_models.faces import two",
        "fer_models/faces/two.py": "def f():\n    from fer_models.checkpoint import three",
        "fer_models/checkpoint.py": "import fer_models.errors",
        "fer_models/errors.py": "",
    }
    for file, text in files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    assert circle(room_graph(tmp_path)) == []
    (tmp_path / "fer_models" / "checkpoint.py").write_text("from fer_models.data.inner.one import f", encoding="utf-8")
    assert {*circle(room_graph(tmp_path))} == {"data", "faces", "checkpoint"}


def test_pages_are_short_scripts() -> None:
    for file in (ROOT / "workbench" / "Home.py", *(ROOT / "pages").glob("*.py")):
        assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST_PAGE, file


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("fer_models/planted.py", "import streamlit as st", "imports streamlit"),
        ("fer_models/planted.py", "from plotly import graph_objects", "imports plotly.graph_objects"),
        ("fer_models/planted.py", "from workbench.app import runs", "imports workbench.app.runs"),
        ("fer_models/losses/planted.py", "from fer_models.data import open_dataset", "imports fer_models.data"),
        (
            "fer_models/storage.py",
            "from fer_models.data import store",
            "imports fer_models.data.store, which fer_models",
        ),
        ("fer_models/progress.py", "import fer_models.training", "imports fer_models.training, which fer_models.prog"),
        ("workbench/app/planted.py", "from streamlit import cache_data", "imports streamlit.cache_data"),
        ("workbench/app/planted.py", "from workbench import state", "imports workbench.state"),
        ("workbench/app/planted.py", "from plotly import graph_objects", "imports plotly.graph_objects"),
        ("workbench/widgets/planted.py", "from workbench.face import choice", "imports workbench.face.choice"),
        ("workbench/face/planted.py", "from workbench.heatmap import view", "imports workbench.heatmap.view"),
        ("workbench/face/model/planted.py", "import streamlit", "imports streamlit"),
        ("workbench/evidence/figures.py", "def f():\n    import streamlit", "imports streamlit"),
        ("workbench/evidence/planted.py", "from workbench.features.train import run", "imports workbench.features"),
        ("workbench/features/train/planted.py", "from workbench.features.video import x", "imports workbench.features"),
        ("workbench/features/train/model/x.py", "from workbench.features.train import run", "imports workbench.feat"),
        ("workbench/features/train/model/x.py", "import plotly", "imports plotly"),
        ("workbench/features/train/planted.py", "from pages import train", "imports pages.train"),
        ("workbench/features/train/x.py", "import streamlit as st\nst.session_state['x'] = 1", "uses session_state"),
        ("workbench/widgets/planted.py", "import streamlit as st\nx = st.query_params", "uses query_params"),
        ("pages/planted.py", "import streamlit as st\n@st.cache_data\ndef f(): ...", "uses cache_data"),
        ("pages/planted.py", "from pages import train", "imports pages.train"),
    ],
)
def test_a_planted_offender_is_found(tmp_path: Path, file: str, line: str, said: str) -> None:
    planted = tmp_path / file
    planted.parent.mkdir(parents=True)
    planted.write_text(line + "\n", encoding="utf-8")
    assert [offence for offence in offences(tmp_path) if said in offence], f"nobody noticed {line!r} in {file}"
