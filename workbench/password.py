"""A password that all users share, for an app that a network can reach: ``FER_PASSWORD``."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from workbench.own_origin import POLICY_VIOLATION, ASGIApp, Receive, Scope, Send

_COOKIE = "fer_workbench"
_LARGEST = 4096
_WAIT = 1.0
_FORM = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>FER Workbench</title><style>body{{font:1rem sans-serif;max-width:22rem;margin:20vh auto;padding:0 1rem}}
input,button{{font:inherit;padding:.5rem;width:100%;box-sizing:border-box;margin-top:.6rem}}</style>
<h1>FER Workbench</h1><form method="post"><label>Password
<input type="password" name="password" autocomplete="current-password" autofocus required></label>
<button>Open</button></form><p role="alert">{problem}</p></html>"""


class Password:
    """Lets nobody in without the password; who has given it keeps a cookie until the server stops.

    Args:
        app: The server's application (ASGI).
        password: What is asked for; by default that of the environment. Empty: nothing is asked.
    """

    def __init__(self, app: ASGIApp, password: str | None = None):
        self.app = app
        self._password = os.environ.get("FER_PASSWORD", "") if password is None else password
        key = secrets.token_bytes(32)
        self._token = hmac.new(key, self._password.encode(), hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._password or scope["type"] not in ("http", "websocket") or self._known(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        else:
            await (await self._asked(Request(scope, receive)))(scope, receive, send)

    def _known(self, scope: Scope) -> bool:
        for name, value in scope["headers"]:
            if name == b"cookie":
                try:
                    cookie = SimpleCookie(value.decode("latin-1")).get(_COOKIE)
                except CookieError:
                    continue
                if cookie is not None and hmac.compare_digest(cookie.value.encode(), self._token.encode()):
                    return True
        return False

    async def _asked(self, request: Request) -> Response:
        if request.method != "POST":
            return HTMLResponse(_FORM.format(problem=""), 401)
        body = b""
        try:
            async for part in request.stream():
                body += part
                if len(body) > _LARGEST:
                    return HTMLResponse(_FORM.format(problem="That is too long."), 413)
        except ClientDisconnect:
            return Response(status_code=400)
        given = parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]
        if not hmac.compare_digest(given.encode(), self._password.encode()):
            await asyncio.sleep(_WAIT)  # guessing takes time
            return HTMLResponse(_FORM.format(problem="That is not the password."), 401)
        answer = RedirectResponse(request.url.path, 303)
        answer.set_cookie(_COOKIE, self._token, httponly=True, samesite="strict")
        return answer
