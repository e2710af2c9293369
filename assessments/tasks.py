from celery import shared_task

from assessments import daily
from assessments.portfolio import refreshing


@shared_task(name="assessments.daily", acks_late=False)
def what_is_due() -> dict[str, int]:
    """Reminders, reviews and what ends on its day; beat asks for it every hour."""
    return daily.run()


@shared_task(name="assessments.refresh_standings", acks_late=False)
def refresh_standings() -> int:
    """Work out the portfolio's facts of what has changed; beat asks for it every minute."""
    return refreshing.refresh_waiting()
