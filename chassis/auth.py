"""Who is calling: bearer tokens, checked against the issuer's published keys. Knows no HTTP."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.ids import NOBODY

ALGORITHMS = ("EdDSA", "RS256", "ES256")
"""The only signatures accepted, whatever a token says of itself."""

LEEWAY_SECONDS = 60
"""How far the clocks of issuer and reader may be apart (F25)."""

LONGEST_TOKEN = 8192
ACCESS_TOKEN_TYPES = frozenset({"at+jwt", "application/at+jwt"})
UNTRUSTED_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64"})
"""Headers by which a token would choose its own key or rules. A token that carries one is refused."""


OPERATOR = "operator"
"""Role of who runs the system. An operator is of no tenant and gets to what belongs to none, only."""


class Unauthenticated(Exception):
    """The token does not say who is calling. The message is for the log, never for the caller."""


class KeysUnavailable(Exception):
    """The issuer's keys were never seen and cannot be read now: nobody can be told apart."""


class AuthSettings(Protocol):
    """What of the settings this module reads."""

    @property
    def auth_issuer(self) -> str:
        """The only accepted `iss`."""

    @property
    def auth_audience(self) -> str:
        """Must be in `aud`."""

    @property
    def auth_jwks(self) -> str:
        """Path or URL of the issuer's JWK set."""


@dataclass(frozen=True)
class Caller:
    """A signed-in person or machine; everything in it comes from the token and from nowhere else."""

    tenant: UUID
    user: UUID
    login: str
    roles: frozenset[str]


@dataclass(frozen=True)
class SigningKey:
    """A private key of a local issuer, with the id under which its public half is published."""

    id: str
    private: Ed25519PrivateKey


class KeySet:
    """The issuer's public keys by id, read from a file or a URL.

    Read again when five minutes old, and at once for an unknown id (rotation), but then at most every ten
    seconds, so that forged ids cannot make us call the issuer. Old keys serve while the issuer is away.
    """

    def __init__(
        self,
        source: str,
        *,
        max_age: float = 300,
        cooldown: float = 10,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._max_age = max_age
        self._cooldown = cooldown
        self._monotonic = monotonic
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._lock = threading.Lock()

    def find(self, kid: str) -> jwt.PyJWK | None:
        """The key of that id, or None. May block for a read of at most 5 s. Raises KeysUnavailable."""
        if self._older_than(self._read_at, self._max_age) or kid not in self._keys:
            self._read()
        return self._keys.get(kid)

    def _older_than(self, moment: float | None, seconds: float) -> bool:
        return moment is None or self._monotonic() - moment > seconds

    def _read(self) -> None:
        with self._lock:
            if not self._older_than(self._tried_at, self._cooldown):
                return self._have_some()
            self._tried_at = self._monotonic()
            try:
                self._keys = dict(_usable(_fetch(self._source)))
                self._read_at = self._monotonic()
            except (OSError, ValueError, httpx.HTTPError):
                self._have_some()

    def _have_some(self) -> None:
        if self._read_at is None:
            raise KeysUnavailable(f"no signing keys could be read from {self._source}")


def _fetch(source: str) -> Any:
    """The JWK set at a path or URL; no redirects. Raises OSError, ValueError or httpx.HTTPError."""
    if source.startswith(("http://", "https://")):
        answer = httpx.get(source, timeout=5, follow_redirects=False)
        return answer.raise_for_status().json()
    return json.loads(Path(source).read_bytes())


def _usable(keys: Any) -> Iterable[tuple[str, jwt.PyJWK]]:
    """Keys with an id that verify one of our algorithms; others, such as encryption keys, are passed over."""
    if not isinstance(keys, dict) or not isinstance(keys.get("keys"), list):
        raise ValueError("not a JWK set")
    for raw in keys["keys"]:
        if not isinstance(raw, dict) or raw.get("use", "sig") != "sig" or not raw.get("kid"):
            continue
        try:
            key = jwt.PyJWK.from_dict(raw)
        except jwt.PyJWTError:
            continue
        if key.algorithm_name in ALGORITHMS:
            yield str(raw["kid"]), key


class TokenVerifier:
    """Turns a bearer token into a Caller. Safe to share between threads."""

    def __init__(self, settings: AuthSettings, keys: KeySet | None = None) -> None:
        self._issuer = settings.auth_issuer
        self._audience = settings.auth_audience
        self._keys = keys or KeySet(settings.auth_jwks)

    def verify(self, bearer: str) -> Caller:
        """Who signed in with this token. Blocks to read keys. Raises Unauthenticated, KeysUnavailable."""
        try:
            header = self._checked_header(bearer)
            claims = self._claims(bearer, self._key(header))
            _require_access_token(header, claims)
            return _caller(claims)
        except Unauthenticated:
            raise
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise Unauthenticated(f"{type(error).__name__}: {error}") from error

    def _checked_header(self, bearer: str) -> dict[str, Any]:
        if len(bearer) > LONGEST_TOKEN:
            raise Unauthenticated("longer than any token of ours")
        header = jwt.get_unverified_header(bearer)
        if header.get("alg") not in ALGORITHMS:
            raise Unauthenticated("signed with an algorithm that is not accepted")
        if chosen := UNTRUSTED_HEADERS & header.keys():
            raise Unauthenticated(f"wants to choose its own key or rules: {sorted(chosen)}")
        return header

    def _key(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        kid = header.get("kid")
        key = self._keys.find(kid) if isinstance(kid, str) else None
        if key is None:
            raise Unauthenticated("signed with a key that the issuer does not publish")
        return key

    def _claims(self, bearer: str, key: jwt.PyJWK) -> dict[str, Any]:
        """The claims, if the signature is that key's (by the key's own algorithm) and they hold now."""
        return jwt.decode(
            bearer,
            key,
            algorithms=[key.algorithm_name],
            audience=self._audience,
            issuer=self._issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )


def _require_access_token(header: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    """Refuses identity and refresh tokens: RFC 9068 says it in the header, Keycloak in a claim."""
    typ = str(header.get("typ", "JWT")).lower()
    if typ in ACCESS_TOKEN_TYPES or (typ == "jwt" and claims.get("typ") == "Bearer"):
        return
    raise Unauthenticated("is no access token")


def _caller(claims: Mapping[str, Any]) -> Caller:
    login, roles = claims["login"], claims["roles"]
    if not isinstance(login, str) or not login:
        raise Unauthenticated("has no login")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise Unauthenticated("has no list of roles")
    tenant = UUID(str(claims["tenant"]))
    if (tenant == NOBODY) != (OPERATOR in roles):
        raise Unauthenticated("only an operator is of no tenant")
    return Caller(tenant, UUID(str(claims["sub"])), login, frozenset(roles))


def make_signing_key(folder: Path) -> SigningKey:
    """The key of a local issuer: `signing.pem` (private, mode 600) and `jwks.json` in a folder.

    Made when missing; an existing one is kept, so that tokens survive a restart.
    """
    file = folder / "signing.pem"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_private(file, Ed25519PrivateKey.generate())
    private = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError(f"{file} is no Ed25519 key")
    jwk = public_jwk(private)
    (folder / "jwks.json").write_text(json.dumps({"keys": [jwk]}, indent=1))
    return SigningKey(jwk["kid"], private)


def _write_private(file: Path, private: Ed25519PrivateKey) -> None:
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(pem)


def public_jwk(private: Ed25519PrivateKey) -> dict[str, str]:
    """The public half as a JWK; its id is its own RFC 7638 thumbprint."""
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    members = {"crv": "Ed25519", "kty": "OKP", "x": jwt.utils.base64url_encode(raw).decode()}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    kid = jwt.utils.base64url_encode(sha256(canonical).digest()).decode()
    return {**members, "alg": "EdDSA", "use": "sig", "kid": kid}


def mint_token(key: SigningKey, settings: AuthSettings, caller: Caller, *, lifetime: int = 3600) -> str:
    """A bearer token that says who the caller is, for `lifetime` seconds of the wall clock."""
    now = int(time.time())
    claims = {
        "iss": settings.auth_issuer,
        "aud": settings.auth_audience,
        "sub": str(caller.user),
        "tenant": str(caller.tenant),
        "login": caller.login,
        "roles": sorted(caller.roles),
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
        "jti": str(uuid4()),
    }
    return jwt.encode(claims, key.private, algorithm="EdDSA", headers={"kid": key.id, "typ": "at+jwt"})
