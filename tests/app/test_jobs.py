"""Background jobs: three lanes, one way to stop, keys, failures, and what is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from fer_models.errors import UserError
from fer_models.progress import Progress
from workbench.app import jobs
from workbench.app.jobs import Cancelled, Job


class Gate:
    """Work that reports, waits until it may go on, and reports again."""

    def __init__(self) -> None:
        self.reached, self.go = threading.Event(), threading.Event()

    def __call__(self, progress: Progress) -> str:
        progress(0.5, "half")
        self.reached.set()
        assert self.go.wait(30)
        progress(0.9, "nearly")
        return "done"


@pytest.fixture
def gate() -> Any:
    made = Gate()
    yield made
    made.go.set()


def ended(job: Job) -> Job:
    assert job.wait(30), f"{job} did not end"
    return job


def at_once(value: Any) -> Callable[[Progress], Any]:
    return lambda progress: value


def test_what_was_asked_for_does_not_wait_for_what_a_page_began_by_itself(gate: Gate) -> None:
    search = jobs.start("copies", "Copies in FER2013", gate, lane="unasked")
    assert gate.reached.wait(30)
    second = jobs.start("other copies", "Copies in CK+", at_once(2), lane="unasked")
    assert ended(jobs.start("video", "Reading a video", at_once(1), lane="long")).result == 1
    assert search.state == "running" and second.waits_for is search and jobs.under_way() == [search, second]
    gate.go.set()
    assert ended(second).result == 2


def test_a_short_job_does_not_wait_for_a_long_one(gate: Gate) -> None:
    long = jobs.start("map", "t-SNE of fresh", gate, lane="long")
    assert gate.reached.wait(30)
    second = jobs.start("second", "Another map", at_once(2), lane="long")
    short = ended(jobs.start("sweep", "Patch sweep of fresh", at_once(1), lane="short"))
    assert (short.state, short.result) == ("done", 1)
    assert long.state == "running" and second.state == "queued" and second.waits_for is long
    assert jobs.under_way() == [long, second]
    gate.go.set()
    assert (ended(long).result, ended(second).result) == ("done", 2)
    assert long.fraction == 1 and long.started is not None and second.started is not None
    assert long.started < second.started and jobs.under_way() == []


def test_a_queued_job_names_what_it_waits_for(gate: Gate) -> None:
    first = jobs.start("map", "t-SNE of fresh", gate, lane="long")
    assert gate.reached.wait(30) and first.started is not None
    waiting = jobs.start("second", "Another map", at_once(2), lane="long")
    first.started -= 30  # half of it is done, so as much is left
    assert waiting.status == "Waiting: t-SNE of fresh, about 30 s left."
    assert first.status == "half, about 30 s left" and waiting.seconds_left is None


def test_a_running_job_is_cancelled_at_its_next_report(gate: Gate) -> None:
    job = jobs.start("map", "t-SNE of fresh", gate, lane="long")
    assert gate.reached.wait(30)
    job.cancel()
    assert job.stopping and job.active and job.status == "stopping"
    gate.go.set()
    assert ended(job).state == "cancelled" and not job.stopping and job.result is None and job.problem == ""
    assert jobs.start("map", "t-SNE of fresh", at_once(1), lane="long") is job, "it does not begin by itself"
    assert ended(jobs.restart(job)).result == "done"


def test_a_queued_job_is_cancelled_at_once_and_never_begins(gate: Gate) -> None:
    first = jobs.start("map", "t-SNE of fresh", gate, lane="long")
    calls: list[int] = []
    waiting = jobs.start("second", "Another map", lambda progress: calls.append(1), lane="long")
    waiting.cancel()
    assert waiting.state == "cancelled" and waiting.wait(0) and jobs.under_way() == [first]
    gate.go.set()
    ended(first)
    assert ended(jobs.start("third", "A third", at_once(3), lane="long")).result == 3 and not calls


def test_a_second_start_keeps_the_cancel_of_the_first(gate: Gate) -> None:
    job = jobs.start("stress", "Stress test of fresh", gate, lane="long")
    assert gate.reached.wait(30)
    assert jobs.start("stress", "Stress test of fresh", at_once("other"), lane="long") is job
    job.cancel()
    gate.go.set()
    assert ended(job).state == "cancelled"


def test_the_words_of_an_error_cancel_nothing() -> None:
    def work(progress: Progress) -> None:
        raise UserError("It was cancelled.")

    job = ended(jobs.start("stress", "Stress test of fresh", work, lane="long"))
    assert (job.state, job.problem) == ("failed", "It was cancelled.")


def test_a_failed_job_is_begun_again_only_when_that_is_asked_for() -> None:
    calls: list[int] = []

    def work(progress: Progress) -> None:
        calls.append(1)
        raise ValueError("secret path")

    for _ in range(3):
        job = ended(jobs.start("map", "t-SNE of fresh", work, lane="long"))
    assert job.state == "failed" and len(calls) == 1
    assert "ValueError" in job.problem and "secret" not in job.problem
    assert ended(jobs.restart(job)) is not job and len(calls) == 2
    jobs.forget("map")
    assert jobs.find("map") is None


def test_a_superseded_job_is_stopped_and_begins_anew(gate: Gate) -> None:
    job = jobs.start("sweep", "Patch sweep of fresh", gate, lane="short")
    assert gate.reached.wait(30)
    jobs.supersede("sweep")
    again = jobs.start("sweep", "Patch sweep of fresh", at_once("new"), lane="short")
    assert again is not job and jobs.under_way() == [job, again]
    gate.go.set()
    assert ended(job).state == "cancelled" and ended(again).result == "new"


def test_a_short_job_that_takes_long_gives_its_slot_away(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_SHORT", 0.0)
    slow = jobs.start("slow", "Heatmap grid of fresh", gate, lane="short")
    assert gate.reached.wait(30)
    assert ended(jobs.start("sweep", "Patch sweep of fresh", at_once(1), lane="short")).result == 1
    assert slow.state == "running" and jobs.under_way() == [slow]
    gate.go.set()
    assert ended(slow).result == "done"
    assert ended(jobs.start("third", "A third", at_once(3), lane="short")).result == 3


def test_finished_jobs_do_not_pile_up() -> None:
    for number in range(40):
        job = ended(jobs.start(number, "A sum", at_once(number), lane="short"))
        assert jobs.find(0) is not None, "what a page still looks at stays"
    assert len(jobs._jobs) <= jobs._KEPT and jobs.find(39) is job and jobs.find(5) is None


def test_many_threads_begin_one_job(gate: Gate) -> None:
    found: list[Job] = []
    threads = [
        threading.Thread(target=lambda: found.append(jobs.start("one", "One", gate, lane="long"))) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20 and len(set(map(id, found))) == 1
    gate.go.set()
    assert ended(found[0]).state == "done"


def test_a_cancel_raises_its_own_type() -> None:
    job = Job("key", "Name", "short", at_once(1))
    job.cancel()  # queued, though not in a queue: as between two steps of the scheduler
    with pytest.raises(Cancelled):
        job.report(0.1, "a step")
    assert not issubclass(Cancelled, UserError)
