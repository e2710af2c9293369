"""``manage.py relay_outbox``: publishes by hand what beat's relay publishes every few seconds."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from jobs.models import Outbox
from jobs.queue import relay


class Command(BaseCommand):
    help = "Publishes jobs that weren't published, that wait too long for a worker, or whose worker was lost."

    def handle(self, *args: Any, **options: Any) -> None:
        owed = list(Outbox.objects.filter(due_at__lte=timezone.now(), job__status="queued").values_list("pk", flat=True))
        published = relay()
        self.stdout.write(f"published: {published}; jobs that are not over: {Outbox.objects.count()}")
        if owed and not published and Outbox.objects.filter(pk__in=owed, published_at=None).exists():
            raise CommandError("The broker took nothing: is it up? Its address is BROKER_URL; the log has the details")
