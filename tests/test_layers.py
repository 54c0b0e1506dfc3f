"""The arrows between the layers, held by reading the imports of every file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: What a layer may import of ours and of the libraries that belong to one side. Longest prefix counts.
LAYERS = ("fer_models", "workbench.services", "workbench.figures", "workbench.components", "workbench.views",
          "workbench.cache", "workbench.state", "workbench.navigation", "workbench.Home", "pages",
          "workbench")  # fmt: skip
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "pages": ("workbench.views",),
    "workbench.Home": ("workbench.components", "workbench.services", "workbench.navigation", "streamlit"),
    "workbench.navigation": ("streamlit",),
    "workbench.state": ("streamlit",),
    "workbench.cache": ("workbench.services", "fer_models", "streamlit"),
    "workbench.views": ("workbench.components", "workbench.services", "workbench.figures", "workbench.cache",
                        "workbench.state", "workbench.navigation", "fer_models", "streamlit"),
    "workbench.components": ("workbench.components", "workbench.services", "workbench.figures", "workbench.cache",
                             "workbench.state", "workbench.navigation", "fer_models", "streamlit"),
    "workbench.services": ("workbench.services", "fer_models"),
    "workbench.figures": ("workbench.figures", "fer_models", "plotly"),
    "workbench": (),
    "fer_models": ("fer_models", "plotly"),
}  # fmt: skip
#: Inside the library: what each part may import of it; parts that are not named are free.
INSIDE: dict[str, tuple[str, ...]] = {
    "fer_models.registry": ("fer_models.errors",),
    "fer_models.labels": ("fer_models.errors",),
    "fer_models.attention": ("fer_models.attention", "fer_models.registry", "fer_models.labels", "fer_models.errors"),
    "fer_models.losses": ("fer_models.losses", "fer_models.registry", "fer_models.labels", "fer_models.errors"),
    "fer_models.architectures": ("fer_models.architectures", "fer_models.attention", "fer_models.registry",
                                 "fer_models.labels", "fer_models.errors"),
}  # fmt: skip
GUARDED = ("fer_models", "workbench", "pages", "streamlit", "plotly")
ONLY_USERS = {
    "session_state": "workbench.state",
    "query_params": "workbench.state",
    "cache_data": "workbench.cache",
    "cache_resource": "workbench.cache",
}


def module_name(path: Path, root: Path) -> str:
    parts = list(path.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(name: str, prefixes: tuple[str, ...]) -> str | None:
    """The longest prefix that the dotted name lies in."""
    fitting = [p for p in prefixes if name == p or name.startswith(p + ".")]
    return max(fitting, key=len, default=None)


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Dotted name and line of everything imported, wherever it stands; types that are only checked do not count."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}: write the full name"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        yield from imports(node)


def offences(root: Path) -> list[str]:
    """One line for each forbidden import and each use of something that one module owns."""
    found = []
    for top in ("fer_models", "workbench", "pages"):
        for path in sorted((root / top).rglob("*.py")):
            name = module_name(path, root)
            layer = within(name, LAYERS)
            assert layer is not None, f"{name} belongs to no layer"
            tree = ast.parse(path.read_text(encoding="utf-8"))
            inside = within(name, tuple(INSIDE))
            for imported, line in imports(tree):
                if within(imported, GUARDED) is None:
                    continue
                if within(imported, MAY_IMPORT[layer]) is None:
                    found.append(f"{name}:{line} imports {imported}, which {layer} may not")
                if inside and within(imported, ("fer_models",)) and within(imported, INSIDE[inside]) is None:
                    found.append(f"{name}:{line} imports {imported}, which {inside} may not")
            for node in ast.walk(tree):
                owner = ONLY_USERS.get(node.attr) if isinstance(node, ast.Attribute) else None
                if owner and name != owner:
                    found.append(f"{name}:{node.lineno} uses {node.attr}, which only {owner} may")
    return found


def test_the_arrows_hold() -> None:
    assert offences(ROOT) == []


def test_files_of_the_app_stay_short() -> None:
    limits = {
        "workbench/Home.py": 60,
        **{f"workbench/views/{p.name}": 100 for p in (ROOT / "workbench/views").glob("*.py")},
    }
    for file, limit in limits.items():
        assert len((ROOT / file).read_text(encoding="utf-8").splitlines()) < limit, file
    for page in (ROOT / "pages").glob("*.py"):
        assert len(page.read_text(encoding="utf-8").splitlines()) == 3, page.name


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("fer_models/planted.py", "import streamlit as st", "imports streamlit"),
        ("fer_models/planted.py", "from workbench.services import train", "imports workbench.services.train"),
        ("fer_models/losses/planted.py", "from fer_models.data import open_dataset", "imports fer_models.data"),
        ("workbench/services/planted.py", "from streamlit import cache_data", "imports streamlit.cache_data"),
        ("workbench/services/planted.py", "from workbench import state", "imports workbench.state"),
        ("workbench/figures/planted.py", "def f():\n    import streamlit", "imports streamlit"),
        ("workbench/components/planted.py", "from workbench.views import home", "imports workbench.views.home"),
        ("workbench/views/planted.py", "import streamlit as st\nst.session_state['x'] = 1", "uses session_state"),
        ("workbench/components/planted.py", "import streamlit as st\nx = st.query_params", "uses query_params"),
        ("workbench/views/planted.py", "import streamlit as st\n@st.cache_data\ndef f(): ...", "uses cache_data"),
        ("pages/planted.py", "import fer_models", "imports fer_models"),
    ],
)
def test_a_planted_offender_is_found(tmp_path: Path, file: str, line: str, said: str) -> None:
    planted = tmp_path / file
    planted.parent.mkdir(parents=True)
    planted.write_text(line + "\n", encoding="utf-8")
    assert [offence for offence in offences(tmp_path) if said in offence], f"nobody noticed {line!r} in {file}"
