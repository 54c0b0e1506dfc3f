"""Websockets for the app's own pages alone.

Streamlit lets in a websocket without an origin and one from another port of this computer, and asks another computer
for this one's address before it refuses a stranger. Here a page talks to the server that it came from, and to no other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from streamlit import config

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
#: Code that closes a web socket.
POLICY_VIOLATION = 1008


def is_own(origin: str | None, host: str | None, allowed: list[str]) -> bool:
    """Whether a page may open a websocket.

    Args:
        origin: The header ``Origin``: scheme, name and port of the page.
        host: The header ``Host``: name and port under which the server was reached.
        allowed: Further origins, for an app behind a proxy: ``server.corsAllowedOrigins``.

    Example:
        >>> is_own("http://localhost:8501", "localhost:8501", [])
        True
        >>> is_own("http://localhost:8502", "localhost:8501", [])
        False
    """
    if not origin or not host:
        return False
    if origin in allowed:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:  # such as an unclosed bracket
        return False
    return parts.scheme in ("http", "https") and parts.netloc == host


class OwnOrigin:
    """Refuses the handshake (403) of every other page.

    Args:
        app: The server's application (ASGI).
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
            allowed = config.get_option("server.corsAllowedOrigins")
            if not is_own(headers.get(b"origin"), headers.get(b"host"), allowed):
                await receive()
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
                return
        await self.app(scope, receive, send)
