"""An upload never lies in a file, however large it is, and one that is broken off is no error."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import pytest
from own_loop import run
from starlette.applications import Starlette
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from workbench.uploads_in_memory import UploadsInMemory

_BODY = (
    b'--line\r\nContent-Disposition: form-data; name="file"; filename="face.png"\r\n'
    b"Content-Type: image/png\r\n\r\n" + bytes(3_000_000) + b"\r\n--line--\r\n"
)


@pytest.fixture
def usual_size() -> Any:
    """The server's own limit, which the middleware lifts, is back afterwards."""
    before = MultiPartParser.spool_max_size
    yield before
    MultiPartParser.spool_max_size = before


async def _receiver(request: Request) -> PlainTextResponse:
    """Says whether the file lies on the disk."""
    async with request.form() as form:
        upload = form["file"]
        assert not isinstance(upload, str)
        return PlainTextResponse("disk" if getattr(upload.file, "_rolled") else "memory")  # noqa: B009


def posted(app: Starlette, messages: list[dict[str, Any]]) -> list[MutableMapping[str, Any]]:
    """What the application answers to these messages of a sender."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"content-type", b"multipart/form-data; boundary=line")]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    run(app(scope, receive, send))
    return sent


def application(*, in_memory: bool) -> Starlette:
    middleware = [Middleware(UploadsInMemory)] if in_memory else []
    return Starlette(routes=[Route("/", _receiver, methods=["POST"])], middleware=middleware)


def test_a_large_file_stays_in_memory(usual_size: int) -> None:
    for in_memory, place in ((False, b"disk"), (True, b"memory")):
        sent = posted(application(in_memory=in_memory), [{"type": "http.request", "body": _BODY, "more_body": False}])
        assert sent[-1]["body"] == place


def test_an_upload_that_is_broken_off_is_no_error(usual_size: int) -> None:
    part = {"type": "http.request", "body": _BODY[:1000], "more_body": True}
    assert posted(application(in_memory=True), [part, {"type": "http.disconnect"}]) == []
