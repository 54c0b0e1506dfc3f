"""Uploads on their way in: faces stay in memory, and whoever leaves the page meanwhile causes no error."""

from __future__ import annotations

import sys

from starlette.formparsers import MultiPartParser
from starlette.requests import ClientDisconnect

from workbench.own_origin import ASGIApp, Receive, Scope, Send


class UploadsInMemory:
    """Keeps uploaded files out of temporary files, where the server puts those above a megabyte.

    Their size is limited by ``server.maxUploadSize``.

    Args:
        app: The server's application (ASGI).
    """

    def __init__(self, app: ASGIApp):
        MultiPartParser.spool_max_size = sys.maxsize
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except ClientDisconnect:
            return  # nobody waits for an answer
