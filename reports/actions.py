"""What the trail can say about reports: each action with its sentence."""

from audit.actions import register

register("report.made", "{actor} made the sign-off report of {object}")
register("report.downloaded", "{actor} downloaded the sign-off report of {object}")
register("trail.exported", "{actor} exported {count} entries of the trail of {object} as {format}")
register("job.restarted", "{actor} started the work {object} again")
