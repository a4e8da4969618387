"""Bodies of requests: read within bounds of size and time, unpacked, parsed strictly."""

import asyncio
import json
import zlib
from collections.abc import Iterator
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from chassis.http.problems import Problem

KB = 1024
DEFAULT_LIMIT = 1024 * KB
"""Bytes of a body, unpacked, where a route says nothing else."""

SLOWEST_SECONDS = 15
"""From the first to the last byte of a body; a slower sender gets 408."""

DEEPEST = 64
"""Levels of nested JSON."""

GZIP_MAGIC = b"\x1f\x8b"


async def read_body(request: Request, limit: int = DEFAULT_LIMIT, seconds: float = SLOWEST_SECONDS) -> bytes:
    """The body, unpacked where it is gzip (by its first bytes, whatever the headers say).

    `limit` bounds it packed and unpacked. Raises Problem: 400 broken gzip, 408 too slow, 413 too large.
    """
    packed = await _received(request, limit, seconds)
    return gunzip(packed, limit) if packed.startswith(GZIP_MAGIC) else packed


async def _received(request: Request, limit: int, seconds: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise _too_large(limit)
                parts.append(part)
    except TimeoutError:
        raise Problem(408, headers={"Connection": "close"}) from None
    except ClientDisconnect:
        raise Problem(400, detail="The body ended early.") from None
    return b"".join(parts)


def _too_large(limit: int) -> Problem:
    return Problem(413, detail=f"At most {limit} bytes, unpacked.", headers={"Connection": "close"})


def gunzip(packed: bytes, limit: int) -> bytes:
    """Unpacks one gzip member and stops at the limit. Raises Problem 400 or 413; gzip in gzip is refused."""
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        raw = unpacker.decompress(packed, limit + 1)
    except zlib.error:
        raise Problem(400, detail="The body is not whole gzip.") from None
    if len(raw) > limit:
        raise _too_large(limit)
    if not unpacker.eof or unpacker.unused_data or raw.startswith(GZIP_MAGIC):
        raise Problem(400, detail="The body is not one whole gzip member.")
    return raw


async def read_json(request: Request, limit: int = DEFAULT_LIMIT) -> Any:
    """Body as JSON for routes whose callers send any media type. Raises Problem 400, 408, 413, 422."""
    return strict_json(await read_body(request, limit))


def strict_json(raw: bytes) -> Any:
    """Parses UTF-8 JSON. Raises Problem.

    400: not JSON, NaN, 1e999, byte order mark, other encodings, lone surrogates, nested too deep.
    422 with a pointer: a key twice in one object, a NUL in a text (no database takes it).
    """
    try:
        orjson.loads(raw)
        value = json.loads(raw, object_pairs_hook=_object)
    except orjson.JSONDecodeError as error:
        raise Problem(400, detail=f"The body is not JSON: {error.msg}.") from None
    except (RecursionError, ValueError):
        raise Problem(400, detail="The body is nested too deep or has too long a number.") from None
    for where, what in _faults(value):
        raise Problem(422, detail="The body is not acceptable.", errors=[{"pointer": where, "detail": what}])
    return value


class _Doubled(dict[str, Any]):
    """An object in which a key came twice."""

    key: str


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    seen: set[str] = set()
    doubled = _Doubled(plain)
    doubled.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return doubled


def _faults(value: Any) -> Iterator[tuple[str, str]]:
    """Faults that parsers let through, each with its JSON pointer. No recursion, so depth cannot hurt."""
    waiting: list[tuple[str, int, Any]] = [("#", 0, value)]
    while waiting:
        where, depth, item = waiting.pop()
        if depth > DEEPEST:
            raise Problem(400, detail=f"The body is nested deeper than {DEEPEST} levels.")
        if isinstance(item, str):
            if "\x00" in item:
                yield where, "must not contain the character NUL"
        elif isinstance(item, dict):
            if isinstance(item, _Doubled):
                yield f"{where}/{_escaped(item.key)}", "is there twice"
            for key, below in item.items():
                inner = f"{where}/{_escaped(key)}"
                waiting += [(inner, depth, key), (inner, depth + 1, below)]
        elif isinstance(item, list):
            waiting += [(f"{where}/{index}", depth + 1, below) for index, below in enumerate(item)]


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1").replace("\x00", "")


class StrictRequest(Request):
    """A request whose body is read within bounds and parsed strictly, for endpoints with a model as body."""

    limit: int = DEFAULT_LIMIT
    seconds: float = SLOWEST_SECONDS
    _unpacked: bytes | None = None
    _parsed: Any = None

    async def body(self) -> bytes:
        """The body, unpacked; read once. Raises Problem."""
        if self._unpacked is None:
            self._unpacked = await read_body(self, self.limit, self.seconds)
        return self._unpacked

    async def json(self) -> Any:
        """The body, parsed strictly; once. Raises Problem."""
        if self._parsed is None:
            self._parsed = strict_json(await self.body())
        return self._parsed
