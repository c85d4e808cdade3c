"""Signing in where people work: OpenID Connect, authorization code with PKCE."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

TIMEOUT_S = 10
KNOWN_FOR_S = 600  # how long what the provider says of itself is kept
SCOPE = "openid email profile"
LEEWAY_S = 60
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
SECOND_FACTOR = "mfa"  # among amr, RFC 8176
STRONG = frozenset(  # values of acr that stand for it too
    {"phr", "phrh", "http://schemas.openid.net/pape/policies/2007/06/multi-factor"}
)


class ProviderDown(Exception):
    """The provider did not answer, or not as one does."""


class Refused(Exception):
    """What came back does not prove who somebody is. Its text is for the log, never for people."""


@dataclass(frozen=True)
class Started:
    """What is remembered of a browser that was sent to the provider."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Person:
    """Who the provider says somebody is. key: what it tells the account by, for good. proved: by
    a second factor too."""

    key: str
    email: str
    is_verified: bool
    name: str
    proved: bool


class SignInProvider:
    """One provider, found by its issuer address."""

    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._said: dict[str, Any] = {}
        self._said_at = 0.0

    @property
    def is_set(self) -> bool:
        """Whether there is one to sign in with."""
        return bool(self.issuer and self._client_id)

    def start(self, redirect_uri: str) -> Started:
        """Where to send a browser, and what to remember of it. Raises ProviderDown."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._client(redirect_uri) as client:
            address, _ = client.create_authorization_url(
                self._about()["authorization_endpoint"],
                state=state,
                nonce=nonce,
                code_verifier=verifier,
            )
        return Started(address, state, nonce, verifier)

    def finish(self, code: str, redirect_uri: str, nonce: str, verifier: str) -> Person:
        """Who came back with a code. Raises ProviderDown or Refused."""
        about = self._about()
        try:
            with self._client(redirect_uri) as client:
                token = client.fetch_token(
                    about["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    timeout=TIMEOUT_S,
                )
                claims = self.read(str(token.get("id_token", "")), nonce)
                answer = client.get(about["userinfo_endpoint"], timeout=TIMEOUT_S)
                answer.raise_for_status()
                told: dict[str, Any] = answer.json()
        except OAuthError as error:
            raise Refused(f"the provider refused the code: {error.error}") from error
        except (requests.RequestException, ValueError) as error:
            raise ProviderDown(type(error).__name__) from error
        if told.get("sub") != claims["sub"]:
            raise Refused("two answers name two people")
        return _person(self.issuer, {**told, **claims})

    def read(self, id_token: str, nonce: str) -> Mapping[str, Any]:
        """The claims of an ID token for us. Raises Refused when anything about it is not right."""
        rules = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            token = jwt.decode(id_token, self._keys(), algorithms=ALGORITHMS)
            rules.validate(token.claims)
        except (JoseError, ValueError) as error:
            raise Refused(f"the ID token is not right: {error}") from error
        claims: dict[str, Any] = dict(token.claims)
        if claims.get("azp", self._client_id) != self._client_id:
            raise Refused("the ID token is for another service")
        return claims

    def _client(self, redirect_uri: str) -> Any:
        return OAuth2Session(
            self._client_id,
            self._client_secret,
            scope=SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    def _about(self) -> dict[str, Any]:
        """What the provider says of itself; it has to name itself as we know it."""
        if not self._said or time.monotonic() - self._said_at > KNOWN_FOR_S:
            said = _fetched(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            needed = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
            if said.get("issuer") != self.issuer or not all(said.get(name) for name in needed):
                raise ProviderDown("it describes itself as another, or not in full")
            self._said, self._said_at = said, time.monotonic()
        return self._said

    def _keys(self) -> KeySet:
        return KeySet.import_key_set(_fetched(self._about()["jwks_uri"]))  # type: ignore[arg-type]


def _fetched(address: str) -> dict[str, Any]:
    try:
        answer = requests.get(address, timeout=TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise ProviderDown(type(error).__name__) from error
    if not isinstance(found, dict):
        raise ProviderDown("not an object")
    return found


def _person(issuer: str, claims: Mapping[str, Any]) -> Person:
    amr = claims.get("amr")
    methods = amr if isinstance(amr, list) else []
    return Person(
        key=f"{issuer}\n{claims['sub']}",
        email=str(claims.get("email", "")),
        is_verified=claims.get("email_verified") is True,
        name=str(claims.get("name", "")),
        proved=SECOND_FACTOR in methods or claims.get("acr") in STRONG,
    )
