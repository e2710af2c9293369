"""What the trail can say about reports: each action with its sentence."""

from audit.actions import register

register("report.made", "{actor} made the sign-off report of {object}")
register("report.downloaded", "{actor} downloaded the sign-off report of {object}")
