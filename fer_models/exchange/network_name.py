"""What a person writes for a network: ``NAME[:option=value,...]``, ``timm:NAME[:...]``, ``module:function[:...]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fer_models.architectures import ARCHITECTURES
from fer_models.errors import UserError
from fer_models.settings import parse_json


@dataclass(frozen=True)
class NetworkName:
    """A network and its options.

    Args:
        key: One of ours; empty for a network of another package.
        source: ``timm:NAME``, ``torchvision:NAME`` or ``module:function``; empty for one of ours.
        options: Its options.
    """

    key: str
    source: str
    options: dict[str, Any]


def parse_network(text: str) -> NetworkName:
    """Read what a person wrote.

    Args:
        text: Options follow a colon, with commas between them; values are JSON or words.

    Raises:
        UserError: If there is no such network, or an option is no ``name=value``.

    Example:
        >>> parse_network("resnet18:stem=7x7,depth=50").options
        {'stem': '7x7', 'depth': 50}
        >>> parse_network("timm:resnet18:drop_rate=0.1").source
        'timm:resnet18'
    """
    first, *rest = text.strip().split(":")
    if first in ARCHITECTURES:
        options = _options(":".join(rest), text)
        return NetworkName(first, "", options)
    if not rest or "=" in rest[0]:
        raise UserError(
            f"There is no network called {first!r}; choose one of: {', '.join(ARCHITECTURES)}, or timm:NAME, "
            "torchvision:NAME or module:function."
        )
    return NetworkName("", f"{first}:{rest[0]}", _options(":".join(rest[1:]), text))


def _options(text: str, whole: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for part in text.split(",") if text else []:
        name, equals, value = part.partition("=")
        if not equals or not name:
            raise UserError(f"Write options of a network as name=value, separated by commas, not {whole!r}.")
        try:
            options[name.strip()] = parse_json(value)
        except ValueError:
            options[name.strip()] = value.strip()
    return options
