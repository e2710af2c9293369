"""The trail's tables. Nothing but ``audit.trail`` writes them; triggers refuse to change or delete what has been written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext

from audit import actions
from audit.actions import Say
from audit.sentences import render


class StreamHead(models.Model):
    """Where a stream ends: locked while an event is appended, and only ever moved forwards."""

    stream = models.CharField(max_length=80, unique=True)
    size = models.PositiveBigIntegerField(default=0)
    frontier = models.BinaryField(default=bytes, help_text="Roots of the complete subtrees, the largest first, 32 bytes each.")
    latest_at = models.DateTimeField(null=True, help_text="Time of the last event: no later one may carry an earlier time.")

    def __str__(self) -> str:
        return f"{self.stream} at {self.size}"


class AuditEvent(models.Model):
    """One entry of a stream: the exact bytes that were hashed, and columns derived from them for searching."""

    stream = models.CharField(max_length=80)
    index = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=80, blank=True, help_text="A person's reference, 'system', or nothing where nobody is known.")
    action = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=200)
    request = models.CharField(max_length=64, blank=True)
    canonical = models.BinaryField()
    leaf_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["stream", "index"]
        constraints = [models.UniqueConstraint(fields=["stream", "index"], name="audit_event_once_per_index")]
        indexes = [
            models.Index(fields=["stream", "object_type", "object_id", "index"], name="audit_event_by_object"),
            models.Index(fields=["stream", "request"], name="audit_event_by_request"),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.index} {self.action}"

    @cached_property
    def body(self) -> dict[str, Any]:
        """The hashed content as data: format, stream, index, at, actor, action, object, changes, private, request."""
        content: dict[str, Any] = json.loads(bytes(self.canonical))
        return content

    @property
    def changes(self) -> dict[str, Any]:
        """What changed, as it was recorded."""
        changes: dict[str, Any] = self.body["changes"]
        return changes

    def texts(self) -> dict[str, str]:
        """The names and free texts of this event that haven't been erased, by key."""
        return {private.key: private.text for private in self.private.all()}

    def sentence(self, titles: Mapping[str, str] | None = None) -> str:
        """What happened, as a sentence in English, which doesn't depend on who reads it: for records and proofs. An erased name is
        shown as the person's reference. ``titles``: of what the event names by ids. It is the action's own sentence whatever its telling says:
        what is printed from a signed record reads it by its shape."""
        return self._rendered(str, titles)

    def told(self, titles: Mapping[str, str] | None = None) -> str:
        """The same in the language of whoever reads the page, and with what the action's telling says of it."""
        return self._rendered(gettext, titles, actions.telling_of(self.action))

    def _rendered(self, say: Say, titles: Mapping[str, str] | None, telling: actions.Telling | None = None) -> str:
        try:
            template = actions.sentence_of(self.action)
        except actions.UnknownAction:
            template = None
        return render(template, self.body, self.texts(), say, titles, telling)


class AuditPrivate(models.Model):
    """A name or a free text that an event speaks of. The hashed bytes hold only its salted digest, so it can be
    deleted without breaking a proof.
    """

    event = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="private")
    key = models.CharField(max_length=80)
    text = models.TextField()
    salt = models.BinaryField()
    about = models.CharField(max_length=80, blank=True, db_index=True, help_text="The reference of the person whom the text names.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "key"], name="audit_private_once_per_key")]

    def __str__(self) -> str:
        return f"{self.event_id} {self.key}"


class AuditCheckpoint(models.Model):
    """A stream at one moment, signed: what the second place holds too, kept here for finding it. Append-only."""

    stream = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    root = models.CharField(max_length=64)
    at = models.DateTimeField(help_text="The time that the signature states.")
    note = models.TextField(help_text="The signed note, as it lies in the second place.")
    token = models.BinaryField(null=True, help_text="The timestamp authority's answer over the note (RFC 3161), where there is one.")
    key_id = models.CharField(max_length=8, help_text="The id of the key that signed, in hexadecimal digits.")
    frontier = models.BinaryField(help_text="Roots of the complete subtrees at this size, from which the next checkpoint goes on.")

    class Meta:
        ordering = ["stream", "size"]
        constraints = [models.UniqueConstraint(fields=["stream", "size"], name="audit_checkpoint_once_per_size")]

    def __str__(self) -> str:
        return f"{self.stream} at {self.size}"


class AuditCheck(models.Model):
    """What one verification of a stream found, the nightly one or one that somebody asked for. No part of the trail: the last hundred of each
    stream are kept."""

    stream = models.CharField(max_length=80)
    at = models.DateTimeField()
    ok = models.BooleanField()
    size = models.PositiveBigIntegerField()
    root = models.CharField(max_length=64)
    seconds = models.FloatField()
    problem = models.TextField(blank=True, help_text="The first thing that is wrong, or why nothing could be checked.")
    by = models.CharField(max_length=80, blank=True, help_text="The reference of the person who asked for it; nothing for the nightly one.")

    class Meta:
        ordering = ["stream", "-at", "-id"]
        indexes = [models.Index(fields=["stream", "at"], name="audit_check_by_time")]

    def __str__(self) -> str:
        return f"{self.stream} at {self.at}: {'sound' if self.ok else 'not sound'}"
