"""Plug-ins: those of examples/plugins appear everywhere; a broken one is named and harms nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "plugins"
#: In a process of its own: a plug-in is imported once and stays.
_CHECK = """
import json, sys
from fer_models import cli, list_models, plugins
code = cli.main(["models"])
from fer_models.data import READERS
from fer_models.evaluation.metrics import METRICS
from fer_models.explain import EXPLAINERS
from fer_models.losses import LOSSES, create_loss
from fer_models.robustness import CORRUPTIONS
import numpy as np, torch
loss = float(create_loss("mean_error")(torch.zeros(2, 7), torch.tensor([0, 1]))) if "mean_error" in LOSSES else 0
levels = len(np.unique(CORRUPTIONS.create("few_levels").apply(
    np.arange(768, dtype=np.uint8).reshape(16, 16, 3), 6.0))) if "few_levels" in CORRUPTIONS else 0
from workbench.features.learn.steps import STEPS
print(json.dumps({
    "code": code, "models": list_models(), "readers": list(READERS), "metrics": list(METRICS), "loss": loss,
    "explainers": list(EXPLAINERS), "levels": levels, "steps": list(STEPS), "problems": plugins.problems(),
}))
"""


def started(folder: Path, cache: Path) -> tuple[dict, str]:
    environment = {**os.environ, "FER_PLUGINS": str(folder), "FER_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", _CHECK], capture_output=True, text=True, env=environment, cwd=cache.parent, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def test_one_of_each_kind_appears_and_a_broken_one_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    for file in EXAMPLES.glob("*.py"):
        (folder / file.name).write_text(file.read_text())
    (folder / "broken.py").write_text("import no_such_package\n")
    (folder / "half.py").write_text(
        "from fer_models.evaluation.metrics.base import METRICS\n"
        "METRICS.register('half')(METRICS['accuracy'])\nraise SystemExit(3)\n"
    )
    (folder / "late.py").write_text("def steps():\n    return 1 / 0\n")
    found, printed = started(folder, tmp_path / "cache")
    assert found["code"] == 0
    assert "tiny_net" in found["models"] and "mood_files" in found["readers"] and "worst_recall" in found["metrics"]
    assert "positive_cam" in found["explainers"] and "mirror" in found["steps"] and "pixels" in found["steps"]
    assert found["loss"] == pytest.approx(6 / 7) and found["levels"] == 4
    assert "half" not in found["metrics"]
    broken, half, late = found["problems"]
    assert "Plug-in broken is left out" in broken and "no_such_package" in broken and str(folder) in broken
    assert "Plug-in half" in half and "steps() failed (ZeroDivisionError" in late
    assert "fer: Plug-in broken" in printed and "Traceback" not in printed


def test_the_examples_are_those_of_the_guide() -> None:
    blocks = re.findall(r"```python\n# (\S+\.py)\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.S)
    assert len(blocks) == 4
    for path, text in blocks:
        assert (EXAMPLES / Path(path).name).read_text() == text, path
