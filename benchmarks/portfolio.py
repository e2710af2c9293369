"""How soon the portfolio answers: its page, its filters and its charts, for 100, 1,000 and 10,000 assessments, the last with a million answers,
on PostgreSQL, against the 300 ms of server time that are asked for.

python benchmarks/portfolio.py [--write] [--largest 10000] [--requests 40]

Makes and drops a database of its own on the server that TEST_DATABASE_URL names, or on this machine.
Assessments, answers and facts are made in bulk, past the services; that the facts are those of an evaluation is for the tests.
"""

from __future__ import annotations

import argparse
import getpass
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks.tables import keep  # noqa: E402

SERVER = os.environ.get("TEST_DATABASE_URL", f"postgresql://{getpass.getuser()}@127.0.0.1:5432/postgres")
DATABASE = "countersign_bench_portfolio"
LIMIT_MS, ANSWERS_EACH, SIZES = 300.0, 100, (100, 1_000, 10_000)
YEARS = [Decimal(1000), Decimal(2000), Decimal(3000)]
DUTIES = [
    (date(2018, 5, 25), "gdpr", "met"), (date(2025, 1, 17), "dora", "gap"), (date(2025, 1, 17), "dora", "met"), (date(2025, 2, 2), "ai-act", "met"),
    (date(2025, 9, 12), "data-act", "met"), (date(2026, 8, 2), "ai-act", "gap"), (date(2027, 1, 12), "data-act", "unknown"),
]  # fmt: skip
FILTERS = (
    "?sourcing=open&sort=-cost",
    "?class=high&sort=-score",
    "?q=case+7",
    "?provider=Provider+3&state=approved",
    "?review=90&sort=review",
    "?page=3",
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    parser.add_argument("--requests", type=int, default=40)
    given = parser.parse_args()
    import psycopg

    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        server.execute(f"CREATE DATABASE {DATABASE}")
    try:
        with tempfile.TemporaryDirectory() as var:
            os.environ.update(
                DJANGO_SETTINGS_MODULE="config.settings", VAR_DIR=var, LOG_LEVEL="ERROR", BROKER_URL="redis://127.0.0.1:1/0",
                DATABASE_URL=SERVER.rpartition("/")[0] + f"/{DATABASE}",
            )  # fmt: skip
            table = measure([size for size in SIZES if size <= given.largest], given.requests)
    finally:
        from django.db import connections

        connections.close_all()
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
    print(table)
    if given.write:
        keep("portfolio", table)


def measure(sizes: list[int], requests: int) -> str:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.urls import reverse

    from assessments.models import Assessment, Response
    from assessments.portfolio.figures import CHARTS
    from tests.fixtures import make_cast

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    call_command("migrate", verbosity=0)
    cast = make_cast()
    client = Client()
    client.force_login(cast.risk_officer)
    where = {"org": cast.organisation.slug}
    page = reverse("assessments:portfolio", kwargs=where)
    charts = [reverse("assessments:portfolio_chart", kwargs=where | {"chart": chart}) for chart in CHARTS]
    groups = {"the page": [page], "the page, filtered": [page + query for query in FILTERS], "a chart": charts}
    found: dict[int, dict[str, list[float]]] = {}
    answers = {}
    for size in sizes:
        grow(cast, size - Assessment.objects.count(), ANSWERS_EACH)
        answers[size] = Response.objects.count()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        for urls in groups.values():
            for url in urls:
                assert client.get(url).status_code == 200, url
        found[size] = {name: [timed(client, urls[n % len(urls)]) for n in range(requests)] for name, urls in groups.items()}
        print(f"{size:,} assessments, {answers[size]:,} answers measured", file=sys.stderr)
    return written(found, answers)


def timed(client: Any, url: str) -> float:
    """Milliseconds of one request, with every chart drawn anew: a process keeps those that it drew last."""
    from assessments.charts import drawing

    drawing._svg.cache_clear()
    start = time.perf_counter()
    status = client.get(url).status_code
    took = (time.perf_counter() - start) * 1000
    assert status == 200, status
    return took


def written(found: dict[int, dict[str, list[float]]], answers: dict[int, int]) -> str:
    first = min(found)
    rows = ["| assessments, answers | request | median | 95th percentile | of the limit | growth |", "|---|---|---|---|---|---|"]
    for size, groups in found.items():
        for name, times in groups.items():
            p95 = statistics.quantiles(times, n=20)[-1]
            growth = statistics.median(times) / statistics.median(found[first][name])
            rows.append(
                f"| {size:,}, {answers[size]:,} | {name} | {statistics.median(times):.0f} ms | {p95:.0f} ms | {p95 / LIMIT_MS:.2f} | "
                f"{growth:.1f} × that at {first} |"
            )
    return "\n".join(rows)


def grow(cast: Any, number: int, answers: int) -> None:
    """So many more assessments, each with ``answers`` answers of an option and the facts of an ordinary case."""
    from assessments.models import Assessment, Option, Response
    from compliance.catalogue.index import index
    from compliance.releases import newest
    from tests.portfolio.making import add

    chance = random.Random(number)  # the same portfolio in each run
    known = index(newest())
    kinds, questions = list(known.archetypes), [q.id for q in known.questions.values() if q.scope == "option"]
    categories, today = [c.id for c in newest().criteria][:6], date(2026, 11, 1)
    classes, sourcings = (
        ("high", "limited", "minimal", "undetermined"),
        ("closed_api", "managed_open", "self_hosted_open", "on_device_open"),
    )
    for begin in range(0, number, 500):
        given = []
        for n in range(begin, min(begin + 500, number)):
            sourcing, cost = chance.choice(sourcings), Decimal(chance.randint(10_000, 900_000))
            given.append(
                {
                    "title": f"Case {n}", "archetype": chance.choice(kinds), "status": chance.choice(("draft", "in_review", "approved", "approved")),
                    "review_on": today + timedelta(days=chance.randint(0, 500)), "risk_class": chance.choice(classes), "sourcing": sourcing,
                    "chosen_sourcing": sourcing, "provider": f"Provider {chance.randint(1, 60)}", "model": f"Model {chance.randint(1, 90)}",
                    "score": Decimal(chance.randint(300, 950)) / 10, "cost_per_year": cost, "base_cost_per_year": cost,
                    "residual": chance.choice(("low", "medium", "high", "critical")),
                }
            )  # fmt: skip
        made = add(cast, *given, years=YEARS, categories=categories, duties=DUTIES)
        each = -(-answers // len(questions))
        options = [
            Option(assessment=a, key=f"option-{n}", name=f"Option {n}", sourcing=sourcings[n]) for a in made for n in range(each)
        ]  # fmt: skip
        Option.objects.bulk_create(options)
        by_assessment: dict[Any, list[Option]] = {}
        for option in options:
            by_assessment.setdefault(option.assessment_id, []).append(option)
        Response.objects.bulk_create(
            (
                Response(
                    assessment=a, option=by_assessment[a.pk][n // len(questions)], question=questions[n % len(questions)], state="unknown",
                    revision=1,
                )
                for a in made
                for n in range(answers)
            ),
            batch_size=5000,
        )  # fmt: skip
    assert Assessment.objects.count() >= number


if __name__ == "__main__":
    main()
