"""Objects that a notebook shows as a table or a picture; :mod:`fer_models.notebook` draws them."""

from __future__ import annotations

import re
from html import unescape
from importlib import import_module
from typing import Any


class Displayed:
    """An object that a notebook shows as HTML, and as its words where there is no HTML, instead of its fields."""

    def _repr_html_(self) -> str:
        # Late and by name: what is drawn lies above all that inherits this.
        return str(import_module("fer_models.notebook").html_of(self))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        html = self._repr_html_()
        words = " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())
        return {"text/html": html, "text/plain": f"{type(self).__name__}: {words}".rstrip(": ")}
