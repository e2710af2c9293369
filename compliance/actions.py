"""What the trail can say about the catalogue: each action with its sentence."""

from audit.actions import register

register("catalogue.published", "{actor} published the release {object} of the catalogue")
