"""Avro's numbers of variable length: seven bits a byte, the sign in the lowest bit. Two bytes at a time."""

INT = range(-0x80000000, 0x80000000)
LONG = range(-0x8000000000000000, 0x8000000000000000)

PAIR = 1 << 14
"""What two bytes hold."""


class Unusual(ValueError):
    """A value that the generated code leaves to fastavro."""


def _two(value: int, more: int) -> bytes:
    return bytes((value & 127 | 128, value >> 7 | more))


_PAIRS = [_two(value, 128) for value in range(PAIR)]
"""Two bytes that others follow."""
_LAST = [bytes((value,)) if value < 128 else _two(value, 0) for value in range(PAIR)]
"""The last two bytes, or the only one."""

SMALL = {value: _LAST[(value << 1) ^ (value >> 63)] for value in range(-64, PAIR >> 1)}
"""The bytes of most numbers there are; also of what follows as many bytes."""
SIZES = [SMALL[size] for size in range(PAIR >> 1)]
"""The bytes of a length."""


def write_long(value: int) -> bytes:
    """A number of 64 bits."""
    if value not in LONG:
        raise Unusual("more than 64 bits")
    left = (value << 1) ^ (value >> 63)
    raw = b""
    while left >= PAIR:
        raw += _PAIRS[left & PAIR - 1]
        left >>= 14
    return raw + _LAST[left]


def write_int(value: int) -> bytes:
    """A number of 32 bits."""
    if value not in INT:
        raise Unusual("more than 32 bits")
    return write_long(value)


def read_long(raw: bytes, at: int) -> tuple[int, int]:
    """A number of 64 bits, and where it ends."""
    byte = raw[at]
    at += 1
    value, shift = byte & 127, 7
    while byte > 127:
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
    if shift > 63 and value >> 64:
        raise Unusual("more than 64 bits")
    return (value >> 1) ^ -(value & 1), at
