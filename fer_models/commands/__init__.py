"""The commands of ``fer``: each module has ``arguments(parser)`` and ``run(arguments)``; its docstring is the help."""

from importlib import import_module
from types import ModuleType

#: Names in the order of ``fer --help``; the module of ``explain-benchmark`` is ``explain_benchmark``.
_NAMES = (
    "app",
    "models",
    "train",
    "runs",
    "study",
    "cancel",
    "resume",
    "evaluate",
    "predict",
    "stress",
    "video",
    "sequence",
    "explain",
    "explain-benchmark",
    "lab",
    "embed",
    "export",
    "export-onnx",
    "import",
    "evidence",
    "ensemble",
    "migrate",
    "datasets",
    "audit",
    "claims",
    "reproduction",
    "detectors",
    "checkpoints",
)

#: The module of a command whose name is a word of Python.
_MODULES = {"import": "import_network"}

#: Every command by its name. To add one: a module in this package and its name above.
COMMANDS: dict[str, ModuleType] = {
    name: import_module(f"{__name__}.{_MODULES.get(name, name.replace('-', '_'))}") for name in _NAMES
}
