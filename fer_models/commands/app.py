"""Open the workbench in the browser; it is reachable from this computer only, unless --host is given."""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

from fer_models.errors import UserError

_LOCAL = ("localhost", "127.0.0.1", "::1")
_EVERYWHERE = ("0.0.0.0", "::")
_OPEN = (
    "The app is open to everyone who reaches {host}:{port}. They can use this computer's processor, start trainings, "
    "add data and networks by paths of this computer, and see what others added. Photographs and camera images travel "
    "to this computer: without https others on the way can read them, and browsers give no camera."
)
_NO_PASSWORD = " There is no password: set FER_PASSWORD to ask for one."


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default="localhost", help="address to listen on; 0.0.0.0 opens the app to the network"
    )
    parser.add_argument("--port", type=int, default=8501, help="default 8501")
    parser.add_argument("--base-path", default="", metavar="PATH", help="path of the app behind a proxy, such as fer")


def run(args: argparse.Namespace) -> int:
    command = ["streamlit", "run", str(_entry()), *options(args.host, args.port, args.base_path)]
    if args.host not in _LOCAL:
        password = "" if os.environ.get("FER_PASSWORD") else _NO_PASSWORD
        print(_OPEN.format(host=args.host, port=args.port) + password, file=sys.stderr)
    print(
        f"FER Workbench: http://{_shown(args.host)}:{args.port}/{args.base_path.strip('/')}  (stop it with Ctrl+C)",
        flush=True,
    )
    sys.argv = command
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)  # in this process: who ends it ends the server
    return 0


def options(host: str, port: int, base_path: str) -> list[str]:
    """Streamlit's options.

    Args:
        host: Address to listen on.
        port: From 1 to 65535.
        base_path: Path of the app, without slashes at its ends; empty for none.

    Raises:
        UserError: If the port is none.

    Example:
        >>> options("localhost", 8600, "")
        ['--server.address=localhost', '--server.port=8600']
    """
    if not 1 <= port <= 65535:
        raise UserError(f"A port is a number from 1 to 65535, not {port}.")
    result = [f"--server.address={host}", f"--server.port={port}"]
    if host not in _LOCAL:
        names = ["*"] if host in _EVERYWHERE else [host, *_LOCAL[:2]]
        result += [f"--server.allowedHosts={name}" for name in names]
    return [*result, f"--server.baseUrlPath={base_path.strip('/')}"] if base_path.strip("/") else result


def _entry() -> Path:
    spec = find_spec("workbench")
    if find_spec("streamlit") is None or spec is None or not spec.submodule_search_locations:
        raise UserError("The app is not installed; run: pip install 'fer-workbench[app,live,onnx]'")
    return Path(next(iter(spec.submodule_search_locations))) / "Home.py"


def _shown(host: str) -> str:
    return "localhost" if host in _EVERYWHERE else host
