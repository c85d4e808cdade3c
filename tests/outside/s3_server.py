"""An S3 server of this machine's own: moto's, in a process beside us. It checks each signature."""

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from pydantic import SecretStr

from assetmap.db import db
from assetmap.outside.media_bucket import At
from assetmap.register import deployment
from assetmap.settings import Settings
from tests.ports import free_port

INSTALLED = Path(sys.prefix) / "s3"  # what tests/s3 locks
MISSING = "moto is not installed here (make test installs it)"
BUCKET, VERSIONED, OPEN = "assetmap-media", "assetmap-versioned", "assetmap-open"
PAGE = 3  # names in a page of a listing
_ENDS_WITH_US = """
import sys
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}
_TO_ANYBODY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"},
    ],
}
_VERSIONS = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


@dataclass(frozen=True)
class S3Server:
    """Where it listens, and a key that may do everything there."""

    endpoint: str
    key_id: str = ""
    key_secret: str = ""

    def at(self, prefix: str, bucket: str = BUCKET, **other: str | float) -> At:
        """A bucket of it, with what is said in place of what is right."""
        right: dict[str, str | float] = {
            "endpoint": self.endpoint,
            "region": "us-east-1",
            "key_id": self.key_id,
            "key_secret": self.key_secret,
        }
        return At(bucket, prefix, **(right | other))  # type: ignore[arg-type]

    def settings(self, prefix: str) -> dict[str, Any]:
        """What Settings are given, so that media are kept here."""
        return {
            "media": f"s3://{BUCKET}/{prefix}",
            "media_endpoint": self.endpoint,
            "media_key_id": self.key_id,
            "media_key_secret": SecretStr(self.key_secret),
        }

    def check_signatures(self, *, strictly: bool = True) -> None:
        """From now on refuse what is not signed with a key there is, or go by buckets alone."""
        count = "0" if strictly else "inf"
        self._ask("POST", "/moto-api/reset-auth", data=count)

    def _ask(self, method: str, path: str, service: str = "s3", **more: Any) -> str:
        signed = f"AWS4-HMAC-SHA256 Credential=us/20260101/us-east-1/{service}/aws4_request"
        answer = requests.request(
            method,
            self.endpoint + path,
            headers={"Authorization": f"{signed}, SignedHeaders=host, Signature=none"},
            timeout=30,
            **more,
        )
        answer.raise_for_status()
        return str(answer.text)

    def furnished(self) -> "S3Server":
        """With three buckets, of which one keeps versions and one is open, and a key."""
        for bucket in (BUCKET, VERSIONED, OPEN):
            self._ask("PUT", f"/{bucket}")
        self._ask("PUT", f"/{OPEN}?policy", data=json.dumps(_TO_ANYBODY))
        self._ask("PUT", f"/{VERSIONED}?versioning", data=_VERSIONS)
        who = {"Version": "2010-05-08", "UserName": "assetmap"}
        self._ask("POST", "/", "iam", data=who | {"Action": "CreateUser"})
        allowed = {"PolicyName": "s3", "PolicyDocument": json.dumps(_POLICY)}
        self._ask("POST", "/", "iam", data=who | allowed | {"Action": "PutUserPolicy"})
        made = self._ask("POST", "/", "iam", data=who | {"Action": "CreateAccessKey"})
        (key_id,) = re.findall("<AccessKeyId>(.+?)</AccessKeyId>", made)
        (secret,) = re.findall("<SecretAccessKey>(.+?)</SecretAccessKey>", made)
        self.check_signatures()
        return S3Server(self.endpoint, key_id, secret)


def keep_media_in(settings: Settings, server: S3Server) -> None:
    """From now on keep media there, as a service that was started anew does."""
    kept = settings.model_copy(update=server.settings(uuid.uuid4().hex))
    info = deployment.info(kept)
    db.sessionmaker.configure(info=info)
    db.session.info.update(info)


def nobody() -> str:
    """An address at which nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@contextmanager
def running() -> Iterator[S3Server]:
    """Start it; it ends with whoever started it, however that ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", _ENDS_WITH_US],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(INSTALLED), "MOTO_S3_DEFAULT_MAX_KEYS": str(PAGE)},
    )
    with process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield S3Server(f"http://127.0.0.1:{port}").furnished()
        finally:
            process.kill()


def is_there() -> bool:
    """Whether it is installed."""
    return (INSTALLED / "moto").is_dir()
