"""Settings of the API reference: ``make docs`` builds it from the docstrings, without the network."""

from __future__ import annotations

import importlib
import pkgutil

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

import fer_models
from fer_models import __version__

# All at once and first: autodoc changes annotations of classes that it has described, and a model of pydantic cannot be
# made from a base class whose annotations were changed.
for _module in pkgutil.walk_packages(fer_models.__path__, "fer_models."):
    if not _module.name.endswith("__main__"):
        importlib.import_module(_module.name)

project = "FER Workbench"
copyright = "the authors, MIT licence"
version = release = __version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.apidoc", "sphinx.ext.napoleon", "myst_parser"]
exclude_patterns = ["_build", "api/modules.rst"]
# A short name in a signature, such as Attribution, is also a name of the package that exports it.
suppress_warnings = ["ref.python"]
html_theme = "alabaster"
html_theme_options = {"page_width": "1100px", "sidebar_width": "260px", "description": "API reference"}
html_show_sourcelink = False
html_copy_source = False

# One page a module, written to docs/api (not kept in git).
apidoc_modules = [
    {
        "path": "../fer_models",
        "destination": "api",
        "exclude_patterns": ["**/commands/**", "**/cli.py"],
        "separate_modules": True,
        "module_first": True,
        "automodule_options": {"members", "show-inheritance"},
    }
]
# A package describes what it defines; what it only exports is described where it is defined.
autodoc_default_options = {"ignore-module-all": True}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Shape", "notes_style"), ("Source", "notes_style"), ("Class attributes", "notes_style")]

myst_heading_anchors = 3
html_math_renderer = "mathml"


def _inline(translator: object, node: nodes.math) -> None:
    _write(translator, node, as_block=False)


def _block(translator: object, node: nodes.math_block) -> None:
    _write(translator, node, as_block=True)


def _write(translator: object, node: nodes.Element, as_block: bool) -> None:
    """Formulas as MathML, which browsers draw by themselves: MathJax would be fetched from another host."""
    text = node.astext()
    try:
        markup = tex2mathml(text, as_block=as_block)
    except MathError:
        markup = f"<code>{translator.encode(text)}</code>"  # type: ignore[attr-defined]
    translator.body.append(markup)  # type: ignore[attr-defined]
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_lexer("mermaid", TextLexer)  # drawn where the file itself is looked at, such as on GitHub
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
