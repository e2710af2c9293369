"""The Celery worker that the tests start as a process of its own: the project's app, on a corner of the broker that nobody else uses."""

import os
import time
from pathlib import Path

from config.celery import app

PREFIX = "JOBS_TEST_KEY_PREFIX"

if PREFIX in os.environ:
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "global_keyprefix": os.environ[PREFIX]}


@app.task(name="tests.jobs.note")
def note(job_id: str) -> None:
    """Write a line for each attempt to a file, and record one event at the end; hang, or end slowly, where the arguments say so."""
    # Celery loads this module before Django is ready for models.
    from audit import actions
    from audit.trail import record
    from jobs.work import Progress, run

    def work(progress: Progress):
        progress.step(1, 2, "Writing")
        with Path(progress.args["path"]).open("a") as lines:
            lines.write(f"{progress.attempt}\n")
        if progress.attempt == progress.args.get("hang_at"):
            time.sleep(600)
        if progress.attempt == progress.args.get("end_at"):
            os.closerange(3, 1024)
            time.sleep(4)
            os._exit(1)
        time.sleep(progress.args.get("seconds", 0))
        progress.step(2, 2, "Recording")

        def finish() -> None:
            actions.register("test.done", "Done", "{actor} did {object}")
            record(stream="system", action="test.done", actor="system", object_type="job", object_id=job_id)

        return finish

    run(job_id, work)


@app.task(name="tests.jobs.limited", soft_time_limit=1, time_limit=60)
def limited(job_id: str) -> None:
    """Take as many seconds and MiB as the arguments say."""
    from jobs.work import Progress, run

    def work(progress: Progress) -> None:
        taken = bytearray(progress.args["mib"] << 20)
        time.sleep(progress.args["seconds"])
        del taken

    run(job_id, work)
