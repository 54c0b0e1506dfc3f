"""The expected time of a run, from ten training steps in their own process; measured once and cached."""

from __future__ import annotations

from fer_models.progress import Progress
from fer_models.training import probe
from fer_models.training.probe import Speed
from fer_models.training.recipe import Recipe
from workbench.app import jobs
from workbench.app.jobs import Job
from workbench.app.wording import duration
from workbench.features.train.model import queue


def measured_speed(recipe: Recipe) -> Speed | None:
    """The cached speed, if it was measured before."""
    return probe.known_speed(recipe)


def measuring(recipe: Recipe) -> Job | None:
    """The job that measures this recipe, unless it is done."""
    job = jobs.find(key(recipe))
    return job if job is not None and job.state != "done" else None


def begin(recipe: Recipe) -> None:
    """Start to measure in the background, again if it failed before."""
    jobs.forget(key(recipe))

    def work(progress: Progress) -> Speed:
        return probe.measure_speed(recipe, progress)

    # Long, although it takes seconds: no other long job may run while it takes the time.
    jobs.start(key(recipe), f"Timing {probe.STEPS} training steps", work, lane="long")


def stop(job_key: tuple[str, str] | None) -> None:
    """Stop a measurement whose result nobody waits for, with its process."""
    if job_key is not None:
        jobs.supersede(job_key)


def sentence(speed: Speed, recipe: Recipe) -> str:
    """The estimate in a sentence, with its parts."""
    steps = speed.steps(recipe)
    waits = "; it starts after the runs before it" if queue.at_work() else ""
    return (
        f"About {duration(speed.seconds(recipe))}: {recipe.epochs} epochs of {steps:,} steps at "
        f"{1000 * speed.step:,.0f} ms, and {duration(speed.validation)} of validation after each, measured on "
        f"{speed.device}{waits}."
    )


def key(recipe: Recipe) -> tuple[str, str]:
    """Tells the job of this recipe's network, data, size and batch from all others."""
    return "train estimate", str(probe.speed_file(recipe))
