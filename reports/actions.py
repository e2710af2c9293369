"""What the trail can say about reports: each action with its sentence."""

from django.utils.translation import gettext_noop as _

from audit.actions import register

# What tells that a report was made, by its kind; a later edition of any kind is a correction.
MADE = {"sign_off": "report.made", "executive_summary": "report.summary_made", "draft": "report.draft_made"}
CORRECTED = "report.corrected"

register("report.made", _("Sign-off report made"), _("{actor} made the sign-off report of {object}"))
register("report.summary_made", _("Executive summary made"), _("{actor} made the executive summary of {object}"))
register("report.draft_made", _("Draft of the sign-off report made"), _("{actor} made a draft of the sign-off report of {object}"))
register(
    "report.corrected",
    _("Corrected edition of a report made"),
    _("{actor} made edition {edition} of a report of {object}, which takes the place of the former one"),
)
register("report.asked", _("Report asked for"), _("{actor} asked for a report of {object}: {title}"))
register("report_style.set", _("Look of reports set"), _("{actor} set how the reports of {object} look"))
register("report.cancelled", _("Sign-off report cancelled"), _("{actor} cancelled the making of the sign-off report of {object}"))
register("report.asked_again", _("Sign-off report asked for again"), _("{actor} asked again for the sign-off report of {object}"))
register("report.downloaded", _("Report downloaded"), _("{actor} downloaded the sign-off report of {object}"))
register("report.checked", _("Report checked"), _("{actor} checked the sign-off report of {object}: {result}"))
register("bundle.downloaded", _("Evidence bundle downloaded"), _("{actor} downloaded the evidence bundle of {object}"))
register("trail.exported", _("Trail exported"), _("{actor} exported {count:entry|entries} of the trail of {object} as {format}"))
register("job.restarted", _("Work started again"), _("{actor} started the work {object} again"))
