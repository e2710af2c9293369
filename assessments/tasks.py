from celery import shared_task

from assessments import daily


@shared_task(name="assessments.daily", acks_late=False)
def what_is_due() -> dict[str, int]:
    """Reminders, reviews and what ends on its day; beat asks for it every hour."""
    return daily.run()
