"""A websocket of the app is opened by the app's own page alone, and a refusal asks no other computer."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.own_origin import is_own

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The real server, as a person starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "workbench" / "Home.py"), f"--server.port={port}"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as server:
        try:
            end = time.monotonic() + 120
            while time.monotonic() < end:
                try:
                    socket.create_connection(("localhost", port), timeout=2).close()
                    break
                except OSError:
                    assert server.poll() is None
                    time.sleep(0.1)
            yield port
        finally:
            server.terminate()


def status_of(port: int, host: str, origin: str | None) -> int:
    """Status of a real handshake: 101 opens it."""
    lines = [
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *([f"Origin: {origin}"] if origin is not None else []),
    ]
    with socket.create_connection(("localhost", port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return int(connection.recv(1000).split()[1])


def test_only_the_own_page_gets_a_websocket(port: int) -> None:
    own, other = f"localhost:{port}", port % 65535 + 1
    assert status_of(port, own, f"http://{own}") == 101
    assert status_of(port, f"127.0.0.1:{port}", f"http://127.0.0.1:{port}") == 101
    strangers = (None, "", "null", f"http://localhost:{other}", "http://localhost", f"http://127.0.0.1:{port}",
                 "http://attacker.example", f"http://attacker.example:{port}", f"ftp://{own}", "http://[")  # fmt: skip
    for origin in strangers:
        taken = []
        while not taken or (min(taken) >= 0.9 and len(taken) < 3):  # a busy machine may be slow once
            began = time.monotonic()
            assert status_of(port, own, origin) == 403, origin
            taken.append(time.monotonic() - began)
        assert min(taken) < 0.9, f"{origin}: the refusal took as long as a look-up of this address"
    assert status_of(port, f"attacker.example:{port}", f"http://attacker.example:{port}") == 403


def test_origins_of_a_proxy_can_be_named() -> None:
    assert is_own("https://faces.example.edu", "localhost:8501", ["https://faces.example.edu"])
    assert not is_own("https://faces.example.org", "localhost:8501", ["https://faces.example.edu"])
