"""Tokens: the issuer's own are believed, every other one is not."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.auth import (
    Caller,
    KeySet,
    KeysUnavailable,
    SigningKey,
    TokenVerifier,
    Unauthenticated,
    make_signing_key,
    mint_token,
    public_jwk,
)
from chassis.ids import NOBODY

ANA = Caller(uuid4(), uuid4(), "ana", frozenset({"rep", "admin"}))


@dataclass(frozen=True)
class Issuer:
    """Settings that name a local issuer, and its key."""

    key: SigningKey
    auth_jwks: str
    auth_issuer: str = "https://identity.test"
    auth_audience: str = "salescompass"

    def sign(self, header: dict[str, Any] | None = None, key: Any = None, **claims: Any) -> str:
        """A token like a good one, but for the given headers and claims; None takes a claim away."""
        now = int(time.time())
        good = {
            "iss": self.auth_issuer,
            "aud": self.auth_audience,
            "sub": str(ANA.user),
            "tenant": str(ANA.tenant),
            "login": "ana",
            "roles": ["admin", "rep"],
            "exp": now + 60,
        }
        wanted = {"kid": self.key.id, "typ": "at+jwt", "alg": "EdDSA"} | (header or {})
        chosen = {name: value for name, value in wanted.items() if value is not None}
        body = {name: value for name, value in (good | claims).items() if value is not None}
        return jwt.encode(body, key or self.key.private, algorithm=chosen["alg"], headers=chosen)


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(make_signing_key(tmp_path), str(tmp_path / "jwks.json"))


def test_a_minted_token_says_who_is_calling(issuer: Issuer) -> None:
    assert TokenVerifier(issuer).verify(mint_token(issuer.key, issuer, ANA)) == ANA


def test_a_keycloak_access_token_is_believed(issuer: Issuer) -> None:
    assert TokenVerifier(issuer).verify(issuer.sign({"typ": "JWT"}, typ="Bearer")) == ANA


def test_clocks_may_be_a_minute_apart(issuer: Issuer) -> None:
    now = int(time.time())
    assert TokenVerifier(issuer).verify(issuer.sign(exp=now - 30, nbf=now + 30)) == ANA


def hmac_with_public_key(issuer: Issuer) -> str:
    """The classic confusion: the public key used as a shared secret."""
    return issuer.sign({"alg": "HS256"}, key=public_jwk(issuer.key.private)["x"].encode())


def resigned_by_another(issuer: Issuer) -> str:
    return issuer.sign(key=Ed25519PrivateKey.generate())


def payload_swapped(issuer: Issuer) -> str:
    head, _, signature = issuer.sign().split(".")
    return ".".join([head, issuer.sign(roles=["admin", "root"]).split(".")[1], signature])


def bearing_its_own_key(issuer: Issuer) -> str:
    mine = Ed25519PrivateKey.generate()
    return issuer.sign({"jwk": public_jwk(mine)}, key=mine)


def unsigned(issuer: Issuer) -> str:
    claims = jwt.decode(issuer.sign(), options={"verify_signature": False})
    return jwt.encode(claims, "", algorithm="none", headers={"kid": issuer.key.id, "typ": "at+jwt"})


def rsa_under_our_kid(issuer: Issuer) -> str:
    return issuer.sign({"alg": "RS256"}, key=rsa.generate_private_key(65537, 2048))


def curve_under_our_kid(issuer: Issuer) -> str:
    return issuer.sign({"alg": "ES256"}, key=ec.generate_private_key(ec.SECP256R1()))


BAD: dict[str, Callable[[Issuer], str]] = {
    "empty": lambda i: "",
    "no token": lambda i: "abc",
    "two parts": lambda i: i.sign().rpartition(".")[0],
    "signature cut off": lambda i: i.sign().rpartition(".")[0] + ".",
    "algorithm none": unsigned,
    "public key as secret": hmac_with_public_key,
    "signed by another": resigned_by_another,
    "payload swapped": payload_swapped,
    "RSA signature under an Ed25519 key's id": rsa_under_our_kid,
    "ECDSA signature under an Ed25519 key's id": curve_under_our_kid,
    "own key in jwk": bearing_its_own_key,
    "own key at jku": lambda i: i.sign({"jku": "https://evil.test/jwks"}),
    "own certificate at x5u": lambda i: i.sign({"x5u": "https://evil.test/cert"}),
    "unknown critical header": lambda i: i.sign({"crit": ["tenant"]}),
    "no kid": lambda i: i.sign({"kid": None}),
    "unknown kid": lambda i: i.sign({"kid": "other"}),
    "path as kid": lambda i: i.sign({"kid": "../../etc/passwd"}),
    "identity token": lambda i: i.sign({"typ": "JWT"}, typ="ID"),
    "no type": lambda i: i.sign({"typ": "JWT"}),
    "logout token": lambda i: i.sign({"typ": "logout+jwt"}),
    "other issuer": lambda i: i.sign(iss="https://evil.test"),
    "no issuer": lambda i: i.sign(iss=None),
    "other audience": lambda i: i.sign(aud="billing"),
    "no audience": lambda i: i.sign(aud=None),
    "expired": lambda i: i.sign(exp=int(time.time()) - 61),
    "never expires": lambda i: i.sign(exp=None),
    "expiry is text": lambda i: i.sign(exp="tomorrow"),
    "expiry is infinite": lambda i: i.sign(exp=float("inf")),
    "not yet valid": lambda i: i.sign(nbf=int(time.time()) + 90),
    "no tenant": lambda i: i.sign(tenant=None),
    "tenant is no id": lambda i: i.sign(tenant="acme"),
    "tenant is a list": lambda i: i.sign(tenant=[str(ANA.tenant)]),
    "subject is no id": lambda i: i.sign(sub="ana"),
    "no login": lambda i: i.sign(login=None),
    "an operator of a tenant": lambda i: i.sign(roles=["operator"]),
    "an admin of no tenant": lambda i: i.sign(tenant=str(NOBODY)),
    "no roles": lambda i: i.sign(roles=None),
    "roles are text": lambda i: i.sign(roles="admin"),
    "too long": lambda i: i.sign(login="a" * 10_000),
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD.keys())
def test_a_bad_token_says_nothing(issuer: Issuer, make: Callable[[Issuer], str]) -> None:
    with pytest.raises(Unauthenticated):
        TokenVerifier(issuer).verify(make(issuer))


def publish(path: str, *keys: Ed25519PrivateKey) -> None:
    Path(path).write_text(json.dumps({"keys": [public_jwk(key) for key in keys]}))


def test_a_rotated_key_is_found_and_the_old_one_forgotten(issuer: Issuer) -> None:
    now = [0.0]
    verifier = TokenVerifier(issuer, KeySet(issuer.auth_jwks, monotonic=lambda: now[0]))
    old = issuer.sign()
    assert verifier.verify(old) == ANA
    new = Ed25519PrivateKey.generate()
    publish(issuer.auth_jwks, new)
    now[0] += 11
    assert verifier.verify(issuer.sign({"kid": public_jwk(new)["kid"]}, key=new)) == ANA
    with pytest.raises(Unauthenticated):
        verifier.verify(old)


def test_forged_key_ids_do_not_make_us_call_the_issuer(issuer: Issuer) -> None:
    keys = KeySet(issuer.auth_jwks, monotonic=lambda: 0.0)
    assert keys.find(issuer.key.id)
    Path(issuer.auth_jwks).unlink()
    assert keys.find("forged") is None


def test_known_keys_serve_while_the_issuer_is_away(issuer: Issuer) -> None:
    now = [0.0]
    keys = KeySet(issuer.auth_jwks, monotonic=lambda: now[0])
    assert keys.find(issuer.key.id)
    Path(issuer.auth_jwks).write_text("<html>502</html>")
    now[0] += 10_000
    assert keys.find(issuer.key.id)


def test_without_any_key_nobody_can_be_told_apart(tmp_path: Path) -> None:
    keys = KeySet(str(tmp_path / "missing.json"))
    for _ in range(2):
        with pytest.raises(KeysUnavailable):
            keys.find("any")


def test_keys_for_encryption_or_unknown_curves_are_passed_over(issuer: Issuer) -> None:
    good = public_jwk(issuer.key.private)
    others = [good | {"use": "enc", "kid": "e"}, {"kty": "OKP", "kid": "b"}, {"kty": "new"}, 3, good]
    Path(issuer.auth_jwks).write_text(json.dumps({"keys": others}))
    keys = KeySet(issuer.auth_jwks)
    assert keys.find(issuer.key.id)
    assert keys.find("e") is None


def test_a_signing_key_is_private_and_made_once(tmp_path: Path) -> None:
    first = make_signing_key(tmp_path)
    assert make_signing_key(tmp_path).id == first.id
    assert (tmp_path / "signing.pem").stat().st_mode & 0o077 == 0
    assert "d" not in json.loads((tmp_path / "jwks.json").read_text())["keys"][0]


def test_ids_are_ids(issuer: Issuer) -> None:
    caller = TokenVerifier(issuer).verify(issuer.sign())
    assert isinstance(caller.tenant, UUID)
    assert isinstance(caller.user, UUID)
