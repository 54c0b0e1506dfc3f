"""SIGKILL at random moments of runs, studies and videos: what was lost, what differs, what is left behind.

    python benchmarks/kills.py [--runs 20] [--studies 10] [--videos 10] [--seed 0]

Each number counts kills; 0 leaves a part out. All happens in a temporary folder. A killed run or study is resumed
until it finishes, and its weights are compared bit by bit with those of one that was left alone. A killed ``fer video``
is started again; each file that it writes must be whole, the old one or the new one, or absent.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from fer_models.classifier import load_checkpoint
from fer_models.errors import UserError
from fer_models.training.recipe import Recipe
from fer_models.training.runs.launch import launch, resume
from fer_models.training.runs.run import Run
from fer_models.training.study.start import start_study
from fer_models.training.study.study import Study, create_study, find_study, state_of
from fer_models.video.annotate import encode_webm
from fer_models.video.drawn import DrawnVideo
from fer_models.video.opening import open_video

NETWORK = Path(__file__).resolve().parents[1] / "checkpoints" / "mini-xception-fer2013"
RECIPE = Recipe(
    data="synthetic:count=1400,size=48,identities=12", network="mini_xception", epochs=6, precision="float32", seed=3
)
SHORT = Recipe(data="synthetic:count=350,size=48,identities=12", network="mini_xception", epochs=3, precision="float32")
_HIDDEN = (".new-", ".old-")
Row = tuple[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("runs", 20), ("studies", 10), ("videos", 10), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    parts: tuple[tuple[int, Callable[[int, random.Random], list[Row]]], ...] = (
        (args.runs, kill_runs),
        (args.studies, kill_studies),
        (args.videos, kill_videos),
    )
    print("| what | result |\n| --- | --- |")
    with tempfile.TemporaryDirectory() as place:
        os.environ |= {"FER_RUNS": f"{place}/runs", "FER_CACHE": f"{place}/cache", "TMPDIR": place}
        for count, part in parts:
            for what, result in part(count, rng) if count else ():
                print(f"| {what} | {result} |", flush=True)


def kill_runs(count: int, rng: random.Random) -> list[Row]:
    """Kills while a run starts, trains, saves or finishes."""
    whole = launch(RECIPE)
    began = time.monotonic()
    assert _end(whole) == "finished", whole.log_tail()
    span = time.monotonic() - began
    done = lost = runs = differ = left = 0
    while done < count:
        run = launch(RECIPE)
        runs += 1
        while done < count and not _ended_within(run, rng.uniform(0.1, span)):
            if not _killed(run):
                continue
            done += 1
            if run.status().state != "lost":  # it ended in the moment of the kill
                break
            resume(run)
        lost += _end(run) != "finished"
        differ += _differ(whole, run)
        left += len(_leftovers(run.folder))
    return [
        (f"{done} kills of {runs} runs of {RECIPE.epochs} epochs: runs that did not finish", str(lost)),
        ("runs whose weights differ from the uninterrupted run's", str(differ)),
        ("temporary files left in their folders", str(left)),
    ]


def kill_studies(count: int, rng: random.Random) -> list[Row]:
    """Kills of whichever run of a study is at work or waits; the study goes on, and is resumed once it stands still."""
    whole = _study()
    began = time.monotonic()
    while state_of(find_study(whole.id)).active:
        time.sleep(0.1)
    span = time.monotonic() - began
    assert state_of(find_study(whole.id)).complete
    expected = [whole_run for trial in find_study(whole.id).trials if (whole_run := find_study(whole.id).run_of(trial))]
    done = studies = unfinished = differ = left = 0
    while done < count:
        study = _study()
        studies += 1
        while not state_of(find_study(study.id)).complete:
            time.sleep(rng.uniform(0.1, span / 4))
            now = find_study(study.id)
            active = [run for trial in now.trials if (run := now.run_of(trial)) is not None and run.status().active]
            if active and done < count:
                done += _killed(rng.choice(active))
            elif not active and not state_of(find_study(study.id)).complete:
                start_study(find_study(study.id))
        now = find_study(study.id)
        runs = [now.run_of(trial) for trial in now.trials]
        unfinished += sum(run is None or run.status().state != "finished" for run in runs)
        differ += sum(run is None or _differ(one, run) for one, run in zip(expected, runs, strict=True))
        left += sum(len(_leftovers(run.folder)) for run in runs if run is not None)
    return [
        (f"{done} kills in {studies} studies of {len(expected)} runs: runs that did not finish", str(unfinished)),
        ("runs whose weights differ from the uninterrupted study's", str(differ)),
        ("temporary files left in their folders", str(left)),
    ]


def kill_videos(count: int, rng: random.Random) -> list[Row]:
    """Kills of ``fer video`` while it reads, draws or writes its three files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        video = DrawnVideo(expressions=("neutral", "happy", "surprise"), hold=1.0, fps=10)
        (folder / "face.webm").write_bytes(encode_webm(video.frames(), video.fps))
        outs = [folder / "out" / file for file in ("reading.json", "reading.csv", "marked.webm")]
        outs[0].parent.mkdir()
        command = [sys.executable, "-m", "fer_models.cli", "video", str(folder / "face.webm"), "--checkpoint"]
        command += [
            str(NETWORK),
            *(f"--{word}={out}" for word, out in zip(("json", "csv", "annotated"), outs, strict=True)),
        ]
        began = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        span = time.monotonic() - began
        expected = [_content(out) for out in outs]
        done = halves = left = 0
        while done < count:
            for out in outs:
                if rng.random() < 0.5:
                    out.unlink(missing_ok=True)
            process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
            began = time.monotonic()
            try:
                process.wait(rng.uniform(0.05, span))
                span = time.monotonic() - began  # the machine may have less to do than before
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                done += 1
            halves += sum(
                out.exists() and _content(out) != content for out, content in zip(outs, expected, strict=True)
            )
        left = len([path for path in folder.rglob("*") if path.is_file() and path not in (*outs, folder / "face.webm")])
        subprocess.run(command, check=True, capture_output=True)
        again = sum(_content(out) != content for out, content in zip(outs, expected, strict=True))
    return [
        (
            f"{done} kills of `fer video` with three files to write: files that were neither whole nor absent",
            str(halves),
        ),
        ("files of the last, undisturbed start that differ from the first's", str(again)),
        ("other files left in its folder", str(left)),
    ]


def _study() -> Study:
    study = create_study(SHORT, seeds=(0, 1, 2))
    start_study(study)
    return study


def _content(file: Path) -> object:
    """What a whole file has: keys, lines or frames; the last digits depend on which engine was the fastest."""
    try:
        if file.suffix == ".json":
            return sorted(json.loads(file.read_text()))
        if file.suffix == ".csv":
            return [line.count(",") for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return len(list(open_video(file.read_bytes()).frames()))
    except (ValueError, UserError) as error:
        return str(error)


def _killed(run: Run) -> bool:
    """Kill a run's processes and wait until it is seen to have ended; ``False`` where it has none yet."""
    pid = run.status().pid
    if pid is None:
        return False
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    while run.status().active:
        time.sleep(0.05)
    return True


def _ended_within(run: Run, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and run.status().active:
        time.sleep(0.02)
    return not run.status().active


def _end(run: Run) -> str:
    while run.status().active:
        time.sleep(0.1)
    return run.status().state


def _differ(one: Run, other: Run) -> bool:
    expected, found = (load_checkpoint(run.checkpoint).model.state_dict() for run in (one, other))
    return any(not torch.equal(expected[name], found[name]) for name in expected)


def _leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.startswith(_HIDDEN)]


if __name__ == "__main__":
    main()
