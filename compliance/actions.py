"""What the trail can say about the catalogue: each action with its sentence."""

from django.utils.translation import gettext_noop as _

from audit.actions import register

register("catalogue.published", _("Release of the catalogue published"), _("{actor} published the release {object} of the catalogue"))
