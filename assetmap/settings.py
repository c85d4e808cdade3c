"""Settings, read once from the environment; a wrong value stops the start with one clear line."""

import base64
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Box = tuple[float, float, float, float]
LOCAL = ZoneInfo("Europe/London")  # the clock on the wall, by which people say which day it is
FERNET_BYTES = 32
_BUCKET = re.compile(
    r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){0,5}/?"
)
_ENDPOINT = re.compile(
    r"https://[A-Za-z0-9.-]+(?::\d{1,5})?/?|http://(?:127\.0\.0\.1|localhost)(?::\d{1,5})?/?"
)
WITH_DRIVER = "postgresql+psycopg://"


class Settings(BaseSettings):
    """Our own settings begin with ASSETMAP_; PORT and DATABASE_URL are what hosts already set."""

    model_config = SettingsConfigDict(
        env_prefix="ASSETMAP_", extra="ignore", populate_by_name=True, frozen=True
    )

    instance: Path = Field(
        Path("instance"), description="Folder for the embedded database, photos, keys and jobs."
    )
    database_url: str = Field(
        "",
        validation_alias=AliasChoices("DATABASE_URL", "ASSETMAP_DATABASE_URL"),
        description="`postgresql://…` for PostGIS or `sqlite:///file`; empty means "
        "`assetmap.sqlite` in the instance folder.",
    )
    database_replica_url: str = Field(
        "",
        validation_alias=AliasChoices("DATABASE_REPLICA_URL", "ASSETMAP_DATABASE_REPLICA_URL"),
        description="Address of a hot standby of the PostgreSQL database, which most of what is "
        "only read is read from; empty means there is none.",
    )
    replica_seconds: int = Field(
        2,
        ge=1,
        le=60,
        description="Seconds by which the standby may be behind; while it is further behind, all "
        "is read from the primary.",
    )
    port: int = Field(
        5000,
        ge=1,
        le=65535,
        validation_alias=AliasChoices("PORT", "ASSETMAP_PORT"),
        description="Port that `assetmap serve` listens on.",
    )
    host: str = Field("127.0.0.1", max_length=255, description="Address `assetmap serve` binds.")
    workers: int = Field(0, ge=0, le=64, description="Server processes; 0 means one for each core.")
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs cookies and links; empty means one is made and kept in the instance "
        "folder. Set it yourself when there is more than one machine.",
    )
    consent_key: SecretStr = Field(
        SecretStr(""),
        description="Salts the list of addresses that nothing may be sent to, and signs the links "
        "that withdraw consent, which work for years. Empty means the secret key: when you change "
        "that one, give the old one here, so that the list still holds.",
    )
    public_url: str = Field(
        "",
        max_length=200,
        description="Address people reach the service at, used in links that are sent out. "
        "Empty means the host and port it binds: set it on a real service, because the address"
        " a request claims to come to is never put in a message.",
    )
    extent: Annotated[Box, NoDecode] = Field(
        (-8.7, 49.8, 1.8, 60.9),
        description="Box that every location must lie in: west,south,east,north in degrees.",
    )
    basemap: str = Field(
        "demo",
        max_length=500,
        description="`pmtiles:PATH`, `raster:URL|ATTRIBUTION`, `none`, or `demo` for the "
        "demo town's own map once it is loaded.",
    )
    media: str = Field(
        "folder",
        max_length=300,
        description="Where photos and voice notes are kept: `folder`, which is `photos` in the "
        "instance folder, or `s3://bucket/prefix` in an S3-compatible store.",
    )
    media_endpoint: str = Field(
        "",
        max_length=300,
        description="Address of that store; empty means Amazon's own. Without TLS only on this "
        "machine.",
    )
    media_region: str = Field(
        "us-east-1", max_length=40, description="Region that requests are signed for."
    )
    media_key_id: str = Field("", max_length=200, description="Name of the key to the bucket.")
    media_key_secret: SecretStr = Field(SecretStr(""), description="The secret of that key.")
    mail_server: str = Field(
        "",
        max_length=500,
        description="`smtp://user:password@host:port` (or `smtps://`). Empty: messages are "
        "written to the log, sign-in links among them.",
    )
    mail_from: str = Field(
        "assetmap@localhost", max_length=200, description="Sender of what is mailed."
    )
    max_upload_mb: int = Field(50, ge=1, le=1000, description="Largest request body, megabytes.")
    max_import_rows: int = Field(
        200_000, ge=1, le=5_000_000, description="Most rows one import may have."
    )
    sign_in_minutes: int = Field(
        30, ge=1, le=1440, description="Minutes that a mailed sign-in link works."
    )
    session_hours: int = Field(12, ge=1, le=720, description="Hours a person stays signed in.")
    idle_minutes: int = Field(
        240,
        ge=5,
        le=43_200,
        description="Minutes without doing anything after which a person is signed out; on a "
        "device they said is shared, 15 at most.",
    )
    totp: Literal["optional", "privileged"] = Field(
        "optional",
        description="`privileged`: approvers, data officers, auditors and administrators have "
        "these roles only once they gave a code of an authenticator app.",
    )
    oidc_issuer: str = Field(
        "",
        max_length=300,
        pattern=r"^$|^https://[^\s?#]+$|^http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s?#]*)?$",
        description="Address of an OpenID provider where people sign in with a work account.",
    )
    oidc_client_id: str = Field("", max_length=300, description="Our name at the provider.")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="The secret it gave us; it is told to nobody else."
    )
    oidc_name: str = Field(
        "your work account", max_length=60, description="What follows “Sign in with” on the button."
    )
    oidc_team: str = Field(
        "",
        max_length=80,
        description="Team that anybody the provider vouches for is let in to, as a viewer. Empty: "
        "only people who were let in before sign in.",
    )
    proxies: int = Field(
        0, ge=0, le=5, description="How many reverse proxies stand in front and set X-Forwarded-*."
    )
    purpose_above: int = Field(
        50,
        ge=0,
        le=1_000_000,
        description="Of how many entries somebody signed in may take away contact details before "
        "they are asked what for.",
    )
    exports_each: int = Field(
        2, ge=1, le=50, description="Files of entries one person may take at the same time."
    )
    exports_public: int = Field(
        4,
        ge=1,
        le=50,
        description="Files of entries that all who have not signed in may take at the same time.",
    )
    asked_most: int = Field(
        3,
        ge=1,
        le=100,
        description="How often somebody may be invited within ASSETMAP_ASKED_DAYS; whoever was, is"
        " left out of invite lists until then.",
    )
    asked_days: int = Field(
        90, ge=1, le=3_650, description="Days within which invitations are counted so."
    )
    consultation_weeks: int = Field(
        6, ge=1, le=52, description="Weeks for which it is fair to let people answer."
    )
    answer_weeks: int = Field(
        12, ge=1, le=104, description="Weeks in which a consultation that closed is answered."
    )
    classification: Literal["none", "OFFICIAL", "OFFICIAL-SENSITIVE"] = Field(
        "OFFICIAL",
        description="What pages and downloads of people who are signed in are marked with: "
        "`none`, `OFFICIAL` or `OFFICIAL-SENSITIVE`. What a team keeps to itself is marked higher.",
    )
    handling: str = Field(
        "",
        max_length=200,
        description="What to do with what is marked so, shown beside the mark: such as "
        "“Do not pass on outside the partnership”.",
    )
    referral_keys: SecretStr = Field(
        SecretStr(""),
        description="What seals referrals: Fernet keys with commas between. The first seals, all "
        "open, so that a new one is put in front; empty means one is made and kept in the instance "
        "folder.",
    )
    owner_months: int = Field(
        12,
        ge=1,
        le=60,
        description="Months after which whoever keeps a listing as its owner is its owner no "
        "longer, unless they have said meanwhile that it is still right or suggested a change.",
    )
    referral_purge_days: int = Field(
        7,
        ge=1,
        le=28,
        description="Days after a confirmed hand-over until a referral's content is purged.",
    )
    log_json: bool = Field(False, description="Write the log as JSON lines.")
    demo: bool = Field(
        False,
        description="Show the demo people's one-click sign-in links. Never set this on a service "
        "that holds real records.",
    )

    @field_validator("extent", mode="before")
    @classmethod
    def _four_numbers(cls, given: Any) -> Any:
        return tuple(given.split(",")) if isinstance(given, str) else given

    @field_validator("extent")
    @classmethod
    def _a_box(cls, box: Box) -> Box:
        west, south, east, north = box
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValueError("must be west,south,east,north in degrees")
        return box

    @field_validator("database_url")
    @classmethod
    def _of_a_known_kind(cls, given: str) -> str:
        if not given.startswith((WITH_DRIVER, "sqlite://")):
            raise ValueError("must begin with postgresql:// or sqlite:///")
        return given

    @field_validator("database_replica_url")
    @classmethod
    def _of_the_same_kind(cls, given: str, info: ValidationInfo) -> str:
        if not given:
            return given
        if not info.data.get("database_url", "").startswith(WITH_DRIVER):
            raise ValueError("needs a DATABASE_URL of PostgreSQL: SQLite has no standby")
        url = _with_driver(given)
        if not url.startswith(WITH_DRIVER):
            raise ValueError("must be the postgresql://… address of a hot standby")
        return url

    @field_validator("basemap")
    @classmethod
    def _a_known_basemap(cls, given: str) -> str:
        kind, _, rest = given.partition(":")
        if given in ("demo", "none") or (kind in ("pmtiles", "raster") and rest):
            return given
        raise ValueError("must be pmtiles:PATH, raster:URL|ATTRIBUTION, none or demo")

    @field_validator("media")
    @classmethod
    def _a_folder_or_a_bucket(cls, given: str) -> str:
        if given != "folder" and not _BUCKET.fullmatch(given):
            raise ValueError("must be folder, or s3://BUCKET with /PREFIX after it where wanted")
        return given.rstrip("/")

    @field_validator("media_endpoint")
    @classmethod
    def _a_safe_endpoint(cls, given: str) -> str:
        if given and not _ENDPOINT.fullmatch(given):
            raise ValueError("must be https://HOST, or http:// with an address of this machine")
        return given.rstrip("/")

    @field_validator("media_region")
    @classmethod
    def _a_region(cls, given: str) -> str:
        if not re.fullmatch("[a-z0-9-]+", given):
            raise ValueError("must be a region such as eu-west-2, or what the store calls its own")
        return given

    @field_validator("referral_keys")
    @classmethod
    def _keys_that_seal(cls, given: SecretStr) -> SecretStr:
        for key in _listed(given.get_secret_value()):
            try:
                whole = len(base64.urlsafe_b64decode(key)) == FERNET_BYTES
            except ValueError:
                whole = False
            if not whole:
                raise ValueError("must be keys of 32 bytes in URL-safe base64, commas between")
        return given

    @model_validator(mode="after")
    def _a_whole_provider(self) -> "Settings":
        if bool(self.oidc_issuer) != bool(self.oidc_client_id):
            raise ValueError("oidc_issuer: needs ASSETMAP_OIDC_CLIENT_ID too, or neither")
        return self

    @model_validator(mode="after")
    def _a_key_to_the_bucket(self) -> "Settings":
        if self.media != "folder" and not (self.media_key_id and self.media_key_secret):
            raise ValueError("media: needs ASSETMAP_MEDIA_KEY_ID and ASSETMAP_MEDIA_KEY_SECRET too")
        return self

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: dict[str, Any]) -> dict[str, Any]:
        instance = Path(given.get("instance") or "instance").absolute()
        given["instance"] = instance
        url = next(
            (
                given[k]
                for k in ("DATABASE_URL", "ASSETMAP_DATABASE_URL", "database_url")
                if given.get(k)
            ),
            f"sqlite:///{instance / 'assetmap.sqlite'}",
        )
        for name in ("DATABASE_URL", "ASSETMAP_DATABASE_URL", "database_url"):
            given.pop(name, None)
        given["database_url"] = _with_driver(str(url))
        return given

    @property
    def needs_proof(self) -> bool:
        """Roles of weight wait for a second factor."""
        return self.totp == "privileged"

    def lasting_key(self) -> str:
        """What salts kept addresses and signs links that never run out."""
        return self.consent_key.get_secret_value() or self.signing_key()

    @property
    def base_map_path(self) -> Path | None:
        """Where the PMTiles file is, or None when the base map is not one."""
        if self.basemap == "demo":
            return self.instance / "basemap.pmtiles"
        kind, _, rest = self.basemap.partition(":")
        return Path(rest).absolute() if kind == "pmtiles" else None

    def signing_key(self) -> str:
        """The secret key; made and kept in the instance folder the first time."""
        if given := self.secret_key.get_secret_value():
            return given
        return self._made_once("secret_key", lambda: secrets.token_hex(32))

    def sealing_keys(self) -> list[str]:
        """The keys of referrals, the newest first; one is made and kept the first time."""
        if given := _listed(self.referral_keys.get_secret_value()):
            return given
        made = lambda: base64.urlsafe_b64encode(secrets.token_bytes(FERNET_BYTES)).decode()  # noqa: E731
        return _listed(self._made_once("referral_keys", made))

    def _made_once(self, name: str, make: Callable[[], str]) -> str:
        """A secret kept in a file of the instance folder that nobody else may read."""
        self.instance.mkdir(parents=True, exist_ok=True)
        kept = self.instance / name
        if not kept.exists():
            made = kept.with_suffix(f".{secrets.token_hex(4)}")
            made.touch(mode=0o600)
            made.write_text(make())
            try:
                kept.hardlink_to(made)  # the first of two starting at once wins
            except FileExistsError:
                pass
            finally:
                made.unlink()
        return kept.read_text()


def _listed(given: str) -> list[str]:
    return [part.strip() for part in given.split(",") if part.strip()]


def _with_driver(url: str) -> str:
    """Hosts hand out postgres:// and postgresql://; the driver is psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return WITH_DRIVER + url.removeprefix(prefix)
    return url
