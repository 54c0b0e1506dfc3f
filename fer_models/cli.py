"""``fer``: the library on the command line. One command a file in ``fer_models/commands``.

Results go to standard output, progress and errors to standard error. Exit codes: 0 done, 1 failed, 2 unusable
arguments or files, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys

from fer_models import plugins
from fer_models.commands import COMMANDS
from fer_models.errors import UserError
from fer_models.system import keep_freed_memory


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(prog="fer", description="Facial expression recognition: train, measure, explain.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        about = (module.__doc__ or "").split("\n")[0]
        # argparse formats help texts with %, descriptions not.
        command = commands.add_parser(name, help=about.replace("%", "%%"), description=about)
        module.arguments(command)
        command.set_defaults(run=module.run)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    plugins.load()  # before the parser, whose lists of choices hold what they register
    for problem in plugins.problems():
        print(f"fer: {problem}", file=sys.stderr)
    arguments = build_parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except UserError as error:
        print(f"fer {arguments.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has closed it, as `| head` does; that is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def entry() -> int:
    """The installed command. Its process ends soon, so that it may keep freed memory."""
    keep_freed_memory()
    return main()


if __name__ == "__main__":
    sys.exit(entry())
