"""The second place as an S3 bucket with object lock. Apart from ``audit.places``, so that only those who use it load the cloud's library."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from storages.backends.s3 import S3Storage


class LockedBucket(S3Storage):
    """An S3 bucket with object lock: what is written can't be deleted or replaced for CHECKPOINTS_RETAIN_YEARS, not by its owner either.

    The bucket must have been made with object lock; S3 refuses the writing otherwise.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: Any) -> str:
        """Raises FileExistsError where the object is there: S3 itself compares and writes in one step."""
        client = self.connection.meta.client
        until = datetime.now(UTC) + timedelta(days=366 * settings.CHECKPOINTS_RETAIN_YEARS)
        try:
            client.put_object(
                Bucket=self.bucket_name, Key=self._normalize_name(name), Body=content.read(), ContentType="application/octet-stream",
                IfNoneMatch="*", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until,
            )  # fmt: skip
        except client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise FileExistsError(name) from None
            raise
        return name

    def names_after(self, folder: str, after: str) -> list[str]:
        """The names in a folder that come after ``after``; others aren't asked for, so the cost doesn't grow with the years."""
        prefix = self._normalize_name(folder) + "/"
        pages = self.connection.meta.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket_name, Prefix=prefix, StartAfter=prefix + after
        )
        return [entry["Key"].removeprefix(prefix) for page in pages for entry in page.get("Contents", ())]
