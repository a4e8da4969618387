"""Opaque texts that we hand out and take back: signed, so that nobody can make or change one."""

import base64
import binascii
import hashlib
import hmac
from typing import Any

import orjson


class Forged(ValueError):
    """The text was not signed by us for this purpose and scope."""


class Signer:
    """Signs small JSON values for one purpose. Each is bound to a scope, which it does not contain."""

    def __init__(self, key: bytes, purpose: str) -> None:
        self._key = hmac.digest(key, purpose.encode(), "sha256")

    def sign(self, value: Any, scope: str = "") -> str:
        """The value as an opaque text that is good in a URL or header."""
        body = orjson.dumps(value)
        return base64.urlsafe_b64encode(self._mac(body, scope) + body).rstrip(b"=").decode()

    def read(self, text: str, scope: str = "") -> Any:
        """The value back. Raises Forged."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise Forged("not one of ours") from None
        if not hmac.compare_digest(raw[:16], self._mac(raw[16:], scope)):
            raise Forged("not one of ours")
        return orjson.loads(raw[16:])

    def _mac(self, body: bytes, scope: str) -> bytes:
        return hmac.digest(self._key, hashlib.sha256(scope.encode()).digest() + body, "sha256")[:16]
