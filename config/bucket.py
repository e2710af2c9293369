"""Evidence and reports in an S3 bucket. Apart from the settings, so that only those who use it load the cloud's library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3File, S3Storage
from storages.utils import clean_name

_IN_MEMORY = 1 << 20  # bytes of a file that is read; what is longer lies in a temporary file meanwhile


class FilesBucket(S3Storage):
    """An S3 bucket whose faults are OSErrors, as those of a folder are, so that what may pass is tried again and told in words.

    A name that is taken gets another ending. Files are handed out by the service alone, never by an address.
    """

    def get_default_settings(self) -> dict[str, Any]:
        return super().get_default_settings() | {"file_overwrite": False, "default_acl": None, "max_memory_size": _IN_MEMORY}

    def _open(self, name: str, mode: str = "rb") -> S3File:
        with _as_os_errors():
            return _File(self._normalize_name(clean_name(name)), mode, self)

    def _save(self, name: str, content: Any) -> str:
        with _as_os_errors():
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        with _as_os_errors():
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with _as_os_errors():
            super().delete(name)

    def size(self, name: str) -> int:
        with _as_os_errors():
            return int(super().size(name))

    def url(self, *args: Any, **kwargs: Any) -> str:
        raise NotImplementedError("files of the bucket have no address of their own")


class _File(S3File):
    def _get_file(self) -> Any:
        """The file is fetched when it is first read."""
        with _as_os_errors():
            return super()._get_file()

    file = property(_get_file, S3File._set_file)


@contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, Boto3Error, ClientError) as error:
        if isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise FileNotFoundError(f"the bucket of the files lacks it: {error}") from error
        raise ConnectionError(f"the bucket of the files can't be used: {error}") from error
