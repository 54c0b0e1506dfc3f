"""The commands of ``fer``: each module has ``arguments(parser)`` and ``run(arguments)``; its docstring is the help."""

from types import ModuleType

from fer_models.commands import (
    audit,
    cancel,
    claims,
    detectors,
    embed,
    evaluate,
    explain,
    export,
    models,
    predict,
    reproduction,
    resume,
    runs,
    train,
)

COMMANDS: dict[str, ModuleType] = {
    "models": models,
    "train": train,
    "runs": runs,
    "cancel": cancel,
    "resume": resume,
    "evaluate": evaluate,
    "predict": predict,
    "explain": explain,
    "embed": embed,
    "export": export,
    "audit": audit,
    "claims": claims,
    "reproduction": reproduction,
    "detectors": detectors,
}
