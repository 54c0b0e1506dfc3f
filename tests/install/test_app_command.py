"""``fer app``: where it listens, what it warns of, and the shared password."""

from __future__ import annotations

import sys
from typing import Any

import own_loop
import pytest
from starlette.types import Message, Scope

from fer_models.cli import main
from fer_models.commands import app as command
from fer_models.errors import UserError
from workbench.password import Password


def test_it_listens_here_alone_and_warns_where_it_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[list[str]] = []

    monkeypatch.setattr(command.runpy, "run_module", lambda *name, **how: started.append(sys.argv))
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.delenv("FER_PASSWORD", raising=False)
    assert main(["app"]) == 0
    assert "--server.address=localhost" in started[-1] and not capsys.readouterr().err
    assert main(["app", "--host", "0.0.0.0", "--port", "80"]) == 0
    warned = capsys.readouterr().err
    assert "open to everyone who reaches 0.0.0.0:80" in warned and "set FER_PASSWORD" in warned
    assert "--server.allowedHosts=*" in started[-1]
    monkeypatch.setenv("FER_PASSWORD", "face")
    main(["app", "--host", "lab.example.org"])
    assert "FER_PASSWORD" not in capsys.readouterr().err
    assert "--server.allowedHosts=lab.example.org" in started[-1]
    with pytest.raises(UserError, match="from 1 to 65535"):
        command.options("localhost", 0, "")
    assert command.options("localhost", 1, "/fer/")[-1] == "--server.baseUrlPath=fer"


async def inner(scope: Scope, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"the app"})


def ask(asked: Password, kind: str = "http", body: bytes | None = None, cookie: str = "") -> list[Message]:
    sent: list[Message] = []
    headers = [(b"cookie", cookie.encode())] if cookie else []
    scope = {
        "type": kind, "method": "GET" if body is None else "POST", "path": "/", "raw_path": b"/", "query_string": b"",
        "headers": headers, "scheme": "http", "server": ("localhost", 1), "root_path": "",
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "http.request", "body": body or b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    own_loop.run(asked(scope, receive, send))
    return sent


def test_nobody_comes_in_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.password._WAIT", 0)
    asked = Password(inner, "face")
    assert ask(asked)[0]["status"] == 401
    assert ask(asked, "websocket")[0]["type"] == "websocket.close"
    assert ask(asked, body=b"password=fac")[0]["status"] == 401
    assert ask(asked, body=b"password=" + b"x" * 9000)[0]["status"] == 413
    assert ask(asked, cookie="fer_workbench=guessed")[0]["status"] == 401
    opened = ask(asked, body=b"password=face")[0]
    cookie = dict(opened["headers"])[b"set-cookie"].decode()
    assert opened["status"] == 303 and "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert ask(asked, cookie=cookie.split(";")[0])[0]["status"] == 200
    assert ask(asked, "websocket", cookie=cookie.split(";")[0])[0]["status"] == 200
    assert ask(Password(inner, "another"), cookie=cookie.split(";")[0])[0]["status"] == 401
    assert ask(Password(inner, ""))[0]["status"] == 200
