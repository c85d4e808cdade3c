"""A bucket of an S3-compatible store, as a place for photos and voice notes.

Nobody but this register reads it: what it holds goes out through the pages and the API, where it is
decided who may see it.
"""

import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

import structlog
from obstore.exceptions import BaseError, GenericError
from obstore.store import S3Store

from assetmap.errors import Unavailable
from assetmap.outside.media import NAME, Kept, path_of
from assetmap.settings import Settings

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import S3Credential

AT_ONCE = 1000  # names in a page of a listing
SAID = (
    "Photos and voice notes cannot be reached just now. Nothing was changed: keep yours, and try"
    " again shortly."
)
NO_ANSWER = "it does not answer"
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_WORDS = {
    "NoSuchBucket": "there is no such bucket",
    "InvalidAccessKeyId": "it does not know the key id",
    "SignatureDoesNotMatch": "the secret is not that of the key id",
    "AccessDenied": "the key may not do this",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
}

log = structlog.get_logger()


@dataclass(frozen=True)
class At:
    """Which bucket, and how long to wait for it.

    endpoint: address of the store. connect_s, answer_s: seconds to wait for a connection, and for
    one answer to be whole. rest_s: seconds during which a store that did not answer is not asked
    again.
    """

    bucket: str
    prefix: str
    endpoint: str
    region: str
    key_id: str
    key_secret: str = field(repr=False)
    connect_s: float = 2
    answer_s: float = 10
    rest_s: float = 5


@dataclass(frozen=True)
class Looked:
    """What a look at a bucket found. keeps_versions: what is removed stays as an older version.
    is_public: anybody can read what is in it."""

    keeps_versions: bool
    is_public: bool


class Bucket:
    """A bucket, or what begins with a prefix in it. Raises Unavailable for whatever goes wrong."""

    def __init__(self, at: At) -> None:
        self._at = at
        self._store = _client(at, signed=True)
        self._patience = _Patience(at.rest_s)

    def __str__(self) -> str:
        return f"the bucket s3://{'/'.join(filter(None, (self._at.bucket, self._at.prefix)))}"

    def write(self, name: str, content: bytes, *, again: bool = False) -> None:
        """Keep a file, whole or not at all; one that is there stays, unless it is written again."""
        with self._asking():
            if again or self._bytes_of(name) != len(content):
                self._put(self._key(path_of(name)), content)

    def read(self, name: str) -> bytes | None:
        """The bytes, or None when there is no such file."""
        with self._asking():
            return self._get(self._key(path_of(name)))

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        with self._asking():
            return self._bytes_of(name) is not None

    def every(self) -> Iterator[Kept]:
        """All files in the order of their names, asked for by the thousand; what else lies in the
        bucket is left out."""
        pages = iter(self._store.list(self._at.prefix or None, chunk_size=AT_ONCE))
        while page := self._next_of(pages):
            for one in page:
                name = one["path"].rpartition("/")[2]
                if NAME.fullmatch(name) and one["path"] == self._key(path_of(name)):
                    yield Kept(name, one["last_modified"].timestamp(), one["size"])

    def remove(self, name: str) -> None:
        """Remove a file; no harm when it is gone."""
        with self._asking():
            self._delete(self._key(path_of(name)))

    def look(self) -> Looked:
        """Write, list, read and remove a small file of its own, to see that all of it works."""
        key = self._key(f"look-{secrets.token_hex(8)}")
        with self._asking():
            version = self._put(key, key.encode())
            try:
                if self._get(key) != key.encode() or self._get(f"{key}-none") is not None:
                    raise Unavailable(SAID, "it does not give back what it was given")
                next(iter(self._store.list(self._at.prefix or None, chunk_size=1)), None)
                is_public = self._is_open(key)
            finally:
                self._delete(key)
        return Looked(version is not None, is_public)

    def _key(self, path: str) -> str:
        return f"{self._at.prefix}/{path}" if self._at.prefix else path

    def _next_of(self, pages: "Iterator[Sequence[ObjectMeta]]") -> "Sequence[ObjectMeta]":
        """The next page of a listing, nothing at its end. What is done with a page takes a while,
        in which the store is not being asked."""
        with self._asking():
            return next(pages, ())

    def _put(self, key: str, content: bytes) -> str | None:
        """Write a file in one request, so that there is no half of it; its version, if any."""
        return self._store.put(key, content, use_multipart=False)["version"]

    def _get(self, key: str) -> bytes | None:
        try:
            return self._store.get(key).bytes().to_bytes()
        except FileNotFoundError as error:
            if _code(error) == "NoSuchBucket":
                raise
            return None

    def _delete(self, key: str) -> None:
        try:
            self._store.delete(key)
        except FileNotFoundError as error:
            if _code(error) == "NoSuchBucket":
                raise

    def _bytes_of(self, name: str) -> int | None:
        """Bytes of a file; None when it is not there."""
        with suppress(FileNotFoundError):
            return self._store.head(self._key(path_of(name)))["size"]
        return None

    def _is_open(self, key: str) -> bool:
        """Whether somebody without a key can read a file."""
        with suppress(BaseError, OSError):
            _client(self._at, signed=False).get(key).bytes()
            return True
        return False

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Ask the store something; what goes wrong is logged, and told without its inside."""
        with self._patience.asking() as may_ask:
            if not may_ask:
                raise Unavailable(SAID, "it did not answer a moment ago")
            try:
                yield
            except (BaseError, OSError) as error:
                why = _why(error)
                self._patience.learn(answers=why != NO_ANSWER)
                log.warning("the media store cannot be used", bucket=self._at.bucket, why=why)
                raise Unavailable(SAID, why) from None
            self._patience.learn(answers=True)


class _Patience:
    """Whether to ask a store that did not answer: not for a while, and then one at a time until it
    does, so that not everybody waits for it."""

    def __init__(self, rest_s: float) -> None:
        self._rest_s = rest_s
        self._until: float | None = None  # by the monotonic clock; None while it answers
        self._one = Lock()

    @contextmanager
    def asking(self) -> Iterator[bool]:
        """Whether to ask now."""
        until = self._until
        if until is None:
            yield True
        elif time.monotonic() < until or not self._one.acquire(blocking=False):
            yield False
        else:
            try:
                yield True
            finally:
                self._one.release()

    def learn(self, *, answers: bool) -> None:
        """Take note of how it went."""
        self._until = None if answers else time.monotonic() + self._rest_s


def bucket(settings: Settings) -> Bucket | None:
    """The bucket that is set; None where media are kept in the folder."""
    if settings.media == "folder":
        return None
    name, _, prefix = settings.media.removeprefix("s3://").partition("/")
    endpoint = settings.media_endpoint or f"https://s3.{settings.media_region}.amazonaws.com"
    secret = settings.media_key_secret.get_secret_value()
    at = At(name, prefix, endpoint, settings.media_region, settings.media_key_id, secret)
    return _opened(at)


@lru_cache(maxsize=4)
def _opened(at: At) -> Bucket:
    """One for all sessions of a process, so that connections are used again."""
    return Bucket(at)


def _client(at: At, *, signed: bool) -> S3Store:
    """What speaks to the store, by what is said here and by nothing that the environment says."""

    def key() -> "S3Credential":
        return {
            "access_key_id": at.key_id,
            "secret_access_key": at.key_secret,
            "token": None,
            "expires_at": None,
        }

    return S3Store(
        at.bucket,
        endpoint=at.endpoint,
        region=at.region,
        credential_provider=key if signed else None,
        skip_signature=not signed,
        virtual_hosted_style_request=False,
        disable_bulk_delete=True,  # not every store knows it
        client_options={
            "allow_http": at.endpoint.startswith("http://"),  # this machine's own: see Settings
            "connect_timeout": timedelta(seconds=at.connect_s),
            "timeout": timedelta(seconds=at.answer_s),
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=at.connect_s)},
    )


def _code(error: Exception) -> str:
    found = _CODE.search(str(error))
    return found[1] if found else ""


def _why(error: Exception) -> str:
    """What an operator needs to know, in words that hold no secret and no address."""
    code = _code(error)
    if isinstance(error, GenericError) and code not in _WORDS:
        return NO_ANSWER
    if code:
        return _WORDS.get(code, f"it says {code}")
    return "it refuses" if isinstance(error, BaseError) else "there is no such bucket"
