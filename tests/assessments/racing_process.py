"""A process of the service in which one person signs: reads acts as lines of JSON, and answers each with what came of it.

``python -m tests.assessments.racing_process``, with the environment of the tests' database. It says ``ready`` once it is connected.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    import django

    django.setup()
    import tests.jobs.worker  # noqa: F401 - the tests' own corner of the broker
    from accounts.models import User
    from assessments import workflow
    from assessments.models import Assessment
    from tests.assessments.racing import DONE, REFUSALS
    from tests.fixtures import SIGNING, accept_all, newest

    acts = {"approve": workflow.approve, "return": workflow.return_, "reject": workflow.reject}
    User.objects.exists()
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        asked = json.loads(line)
        case = Assessment.objects.get(pk=asked["case"])
        snapshot = newest(case)
        more = {"acceptances": accept_all(snapshot)} if asked["kind"] == "approve" else {"reason": "The remedy isn't named."}
        actor = User.objects.get(email=asked["who"])
        try:
            acts[asked["kind"]](actor=actor, assessment=case, digest=snapshot.digest, signing=SIGNING, **more)
            answer = DONE
        except REFUSALS as refusal:
            answer = type(refusal).__name__
        except Exception as error:
            answer = repr(error)
        print(answer, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
