"""The time that a recipe will take, from ten steps in a process of their own, begun once and found again."""

from __future__ import annotations

from fer_models.progress import Progress
from fer_models.training import probe
from fer_models.training.probe import Speed
from fer_models.training.recipe import Recipe
from workbench.app import jobs
from workbench.app.jobs import Job
from workbench.app.wording import duration
from workbench.features.train.model import queue


def known(recipe: Recipe) -> Speed | None:
    """The measured speed, if one is at hand."""
    return probe.known_speed(recipe)


def measuring(recipe: Recipe) -> Job | None:
    """The measurement of this recipe that was begun here, if any; a finished one is forgotten."""
    job = jobs.find(_key(recipe))
    return job if job is not None and job.state != "done" else None


def begin(recipe: Recipe) -> None:
    """Begin to measure in the background; a failed measurement is begun anew."""
    jobs.forget(_key(recipe))

    def work(progress: Progress) -> Speed:
        progress(0.0, "in a process of its own")
        return probe.measure_speed(recipe)

    # Long, although it takes seconds: no other long job may run while it takes the time.
    jobs.start(_key(recipe), f"Timing {probe.STEPS} training steps", work, lane="long")


def sentence(speed: Speed, recipe: Recipe) -> str:
    """The estimate with what it comes from."""
    steps = speed.steps(recipe)
    waits = "; it begins when the runs before it have ended" if queue.at_work() else ""
    return (
        f"About {duration(speed.seconds(recipe))}: {recipe.epochs} epochs of {steps:,} steps at "
        f"{1000 * speed.step:,.0f} ms, and {duration(speed.validation)} of validation after each, measured on "
        f"{speed.device}{waits}."
    )


def _key(recipe: Recipe) -> tuple[str, str]:
    return "train estimate", str(probe.speed_file(recipe))
