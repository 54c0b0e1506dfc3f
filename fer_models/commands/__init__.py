"""The commands of ``fer``: each module has ``arguments(parser)`` and ``run(arguments)``; its docstring is the help."""

from types import ModuleType

from fer_models.commands import (
    audit,
    cancel,
    claims,
    detectors,
    embed,
    ensemble,
    evaluate,
    explain,
    explain_benchmark,
    export,
    models,
    predict,
    reproduction,
    resume,
    runs,
    sequence,
    stress,
    study,
    train,
    video,
)

COMMANDS: dict[str, ModuleType] = {
    "models": models,
    "train": train,
    "runs": runs,
    "study": study,
    "cancel": cancel,
    "resume": resume,
    "evaluate": evaluate,
    "predict": predict,
    "stress": stress,
    "video": video,
    "sequence": sequence,
    "explain": explain,
    "explain-benchmark": explain_benchmark,
    "embed": embed,
    "export": export,
    "ensemble": ensemble,
    "audit": audit,
    "claims": claims,
    "reproduction": reproduction,
    "detectors": detectors,
}
