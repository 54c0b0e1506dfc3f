"""Studies that were kept, ``fer study --show STUDY --json > docs/ablations/NAME.json``, as a section of the page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fer_models.errors import UserError
from fer_models.evaluation.markdown import table
from fer_models.evaluation.sentence import interval_text, percent_text
from fer_models.files import read_regular
from fer_models.reproduction.protocols import quoted
from fer_models.settings import parse_json
from fer_models.training.recipe import Recipe, list_presets, load_preset
from fer_models.training.study.axes import shown

_HEADS = ("setting", "runs", "accuracy, mean over the seeds", "what the difference to the first line allows to say")


def read_studies(folder: str | Path) -> list[dict[str, Any]]:
    """The studies in a folder, by name of their files; those that wait for runs too.

    Raises:
        UserError: If a file is no study as ``fer study --json`` prints it.
    """
    studies = []
    for file in sorted(Path(folder).glob("*.json")):
        try:
            study = parse_json(read_regular(file))
            study["title"], study["recipe"]["network"], study["runs"], study["settings"]
        except (OSError, ValueError, KeyError, TypeError):
            raise UserError(f"{file} is not a study; write one with: fer study --show STUDY --json > {file}") from None
        studies.append(study)
    return studies


def ablation_sections(studies: Sequence[Mapping[str, Any]]) -> list[str]:
    """Markdown of each study: its budget, its table with intervals, and the command that repeats it."""
    parts = []
    for study in studies:
        parts += [f"### {_title(study)}", _budget(study), _table(study), f"```\n{_command(study)}\n```"]
    return parts


def _table(study: Mapping[str, Any]) -> str:
    rows = [list(_HEADS)]
    for line in study["settings"]:
        spread = line["spread"] or {}
        mean = spread.get("mean")
        if mean is None:
            figure = "waits for runs"
        elif spread.get("low") is None:
            figure = percent_text(mean)
        else:
            figure = interval_text(mean, spread["low"], spread["high"])
        rows.append(
            [shown(line["settings"]), str(line["runs"]), figure, "" if not line["difference"] else line["said"]]
        )
    return table(rows, len(_HEADS))


def _title(study: Mapping[str, Any]) -> str:
    fields = " and ".join(field.rpartition(".")[2].replace("_", " ") for field in study["settings"][0]["settings"])
    return f"{study['recipe']['network']}: {fields}"


def _budget(study: Mapping[str, Any]) -> str:
    recipe = study["recipe"]
    parts = sorted({run["measured_on"] for run in study["runs"] if run["measured_on"]})
    seeds = len({run["seed"] for run in study["runs"]})
    return (
        f"{recipe['data']}, {recipe['epochs']} epoch{'s' * (recipe['epochs'] != 1)}, {recipe['size']} px, "
        f"batches of {recipe['batch_size']}, {seeds} seeds; "
        f"the best epoch of each run on {' and '.join(parts) or 'nothing yet'}, which chose it. "
        "Intervals are of the mean over seeds (Student's t), p-values corrected by Holm. A small budget ranks what "
        "learns fast, which need not be what ends best."
    )


def _command(study: Mapping[str, Any]) -> str:
    """How to repeat it, from the preset that it changes least."""
    recipe = Recipe.from_dict(study["recipe"])
    best, changes = "RECIPE.json", None
    for name in list_presets():
        preset = load_preset(name)
        settings, defaults = recipe.to_dict(), preset.to_dict()
        different = {
            key: settings[key] for key in settings if settings[key] != defaults[key] and key not in ("data", "seed")
        }
        if preset.network == recipe.network and (changes is None or len(different) < len(changes)):
            best, changes = name, different
    sets = "".join(f" --set {quoted(f'{key}={_text(value)}')}" for key, value in (changes or {}).items())
    grid: dict[str, dict[str, None]] = {}  # values of each field in the order of their first use
    for line in study["settings"]:
        for field, value in line["settings"].items():
            grid.setdefault(field, {})[_text(value)] = None
    axes = "".join(f" --grid {field}={','.join(values)}" for field, values in grid.items())
    seeds = len({run["seed"] for run in study["runs"]})
    return f"fer study {best} --data {recipe.data}{sets}{axes} --seeds {seeds}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
