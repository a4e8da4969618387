"""Straight-line readers and writers, generated from a schema: a third of what the general ones cost.

They know the plain cases only. Whatever is not exactly what the schema says makes them raise, and the caller
asks fastavro, which has the last word; a property test holds both equal.
"""

import struct
from collections.abc import Callable
from itertools import count
from typing import Any

Read = Callable[[bytes, int], tuple[Any, int]]
"""Bytes and where the value begins, to the value and where it ends. Raises on anything unusual."""
Write = Callable[[Any], bytes]
"""Value to bytes. Raises on anything unusual."""

DEEPEST = 12


class Unsupported(Exception):
    """A schema with something that is not generated (enum, fixed, logical types, unions of records)."""


class Unusual(ValueError):
    """A value that the generated code leaves to fastavro."""


def read_long(raw: bytes, at: int) -> tuple[int, int]:
    """A zigzag number of any length."""
    byte = raw[at]
    at += 1
    value, shift = byte & 127, 7
    while byte > 127:
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
    return (value >> 1) ^ -(value & 1), at


def write_long(value: int) -> bytes:
    """A zigzag number of 64 bits."""
    if not -0x8000000000000000 <= value <= 0x7FFFFFFFFFFFFFFF:
        raise Unusual("more than 64 bits")
    left = (value << 1) ^ (value >> 63)
    out = bytearray()
    while left > 127:
        out.append((left & 127) | 128)
        left >>= 7
    out.append(left)
    return bytes(out)


SMALL = {value: write_long(value) for value in range(-64, 8_192)}
_DOUBLE = struct.Struct("<d")
_FLOAT = struct.Struct("<f")
_GLOBALS = {
    "read_long": read_long,
    "write_long": write_long,
    "small": SMALL.get,
    "double": _DOUBLE,
    "float_": _FLOAT,
    "Unusual": Unusual,
}

PYTHON_TYPES = {"null": "NoneType", "boolean": "bool", "int": "int", "long": "int", "double": "float"} | {
    "string": "str",
    "bytes": "bytes",
}


class _Source:
    """Code under construction."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names = count()

    def name(self) -> str:
        """A variable that nobody else uses."""
        return f"v{next(self._names)}"

    def add(self, depth: int, *lines: str) -> None:
        """Appends lines at an indentation."""
        self.lines.extend("    " * depth + line for line in lines)

    def compile(self, name: str) -> Any:
        """The function that the code defines."""
        scope: dict[str, Any] = {**_GLOBALS, "NoneType": type(None)}
        exec(compile("\n".join(self.lines), f"<avro {name}>", "exec"), scope)  # noqa: S102 - our own schemas
        return scope[name]


def reader(schema: Any) -> Read:
    """A reader for values that this schema wrote. Raises `Unsupported`."""
    source = _Source()
    source.add(0, "def read(raw, p):")
    value = _Reading(source, {}).value(schema, 1)
    source.add(1, f"return {value}, p")
    read: Read = source.compile("read")
    return read


def writer(schema: Any) -> Write:
    """A writer of values of this schema. Raises `Unsupported`."""
    source = _Source()
    source.add(0, "def write(value):", "    parts = []", "    add = parts.append")
    _Writing(source, {}).value(schema, "value", 1)
    source.add(1, "return b''.join(parts)")
    write: Write = source.compile("write")
    return write


class _Names:
    """Named types, resolved as the schema is walked."""

    def __init__(self, source: _Source, names: dict[str, Any]) -> None:
        self.source = source
        self._known = names

    def resolve(self, schema: Any, depth: int) -> tuple[str, Any]:
        """Type and schema of what is a name, a list or an object. Raises `Unsupported`."""
        if depth > DEEPEST:
            raise Unsupported("too deep, or it contains itself")
        if isinstance(schema, list):
            return "union", schema
        if isinstance(schema, str):
            if schema in self._known:
                return "record", self._known[schema]
            return schema, schema
        if "logicalType" in schema:
            raise Unsupported(schema["logicalType"])
        if isinstance(schema["type"], dict | list):
            return self.resolve(schema["type"], depth)
        if schema["type"] == "record":
            name, space = schema["name"], schema.get("namespace")
            self._known[name] = schema
            self._known[f"{space}.{name}" if space else name] = schema
        return schema["type"], schema


class _Reading(_Names):
    """Each method appends the code that reads one value and gives the expression that holds it."""

    def value(self, schema: Any, depth: int) -> str:
        """Any type."""
        kind, schema = self.resolve(schema, depth)
        method = getattr(self, f"_{kind}", None)
        if method is None:
            raise Unsupported(str(kind))
        expression: str = method(schema, depth)
        return expression

    def _null(self, _: Any, __: int) -> str:
        return "None"

    def _boolean(self, _: Any, depth: int) -> str:
        v = self.source.name()
        self.source.add(depth, f"{v} = raw[p]", "p += 1", f"if {v} > 1: raise Unusual")
        self.source.add(depth, f"{v} = {v} == 1")
        return v

    def _long(self, _: Any, depth: int) -> str:
        v = self.source.name()
        self.source.add(
            depth,
            f"{v} = raw[p]",
            f"if {v} < 128: {v} = ({v} >> 1) ^ -({v} & 1); p += 1",
            f"else: {v}, p = read_long(raw, p)",
        )
        return v

    _int = _long

    def _length(self, depth: int) -> str:
        n = self.source.name()
        self.source.add(
            depth,
            f"{n} = raw[p]",
            f"if {n} < 128 and not {n} & 1: {n} >>= 1; p += 1",
            f"else: {n}, p = read_long(raw, p)",
            f"if {n} < 0: raise Unusual",
        )
        return n

    def _bytes(self, _: Any, depth: int) -> str:
        n, v = self._length(depth), self.source.name()
        self.source.add(depth, f"{v} = raw[p:p + {n}]", f"p += {n}")
        return v

    def _string(self, _: Any, depth: int) -> str:
        n, v = self._length(depth), self.source.name()
        self.source.add(depth, f"{v} = raw[p:p + {n}].decode()", f"p += {n}")
        return v

    def _double(self, _: Any, depth: int) -> str:
        v = self.source.name()
        self.source.add(depth, f"{v} = double.unpack_from(raw, p)[0]", "p += 8")
        return v

    def _float(self, _: Any, depth: int) -> str:
        v = self.source.name()
        self.source.add(depth, f"{v} = float_.unpack_from(raw, p)[0]", "p += 4")
        return v

    def _record(self, schema: Any, depth: int) -> str:
        if not schema["fields"]:
            raise Unsupported("a record without fields")
        values = [(field["name"], self.value(field["type"], depth + 0)) for field in schema["fields"]]
        v = self.source.name()
        self.source.add(depth, f"{v} = {{{', '.join(f'{name!r}: {value}' for name, value in values)}}}")
        return v

    def _union(self, branches: Any, depth: int) -> str:
        v, at = self.source.name(), self._long(None, depth)
        for number, branch in enumerate(branches):
            self.source.add(depth, f"{'el' if number else ''}if {at} == {number}:")
            self.source.add(depth + 1, f"{v} = {self.value(branch, depth + 1)}")
        self.source.add(depth, "else: raise Unusual")
        return v

    def _blocks(self, depth: int) -> None:
        n = self._long(None, depth + 1)
        self.source.add(depth + 1, f"if not {n}: break")
        self.source.add(depth + 1, f"if {n} < 0:", f"    {n} = -{n}", "    _, p = read_long(raw, p)")
        self.source.add(depth + 1, f"for _ in range({n}):")

    def _array(self, schema: Any, depth: int) -> str:
        if schema["items"] == "null":
            raise Unsupported("an array of nothing")
        v = self.source.name()
        self.source.add(depth, f"{v} = []", "while True:")
        self._blocks(depth)
        self.source.add(depth + 2, f"{v}.append({self.value(schema['items'], depth + 2)})")
        return v

    def _map(self, schema: Any, depth: int) -> str:
        v = self.source.name()
        self.source.add(depth, f"{v} = {{}}", "while True:")
        self._blocks(depth)
        key = self._string(None, depth + 2)
        self.source.add(depth + 2, f"{v}[{key}] = {self.value(schema['values'], depth + 2)}")
        return v


class _Writing(_Names):
    """Each method appends the code that writes one value, which the expression holds."""

    def value(self, schema: Any, expression: str, depth: int) -> None:
        """Any type; the value's Python type is checked, for fastavro may know what to do with another."""
        kind, schema = self.resolve(schema, depth)
        if kind in PYTHON_TYPES:
            self.source.add(depth, f"if type({expression}) is not {PYTHON_TYPES[kind]}: raise Unusual")
        self.checked(kind, schema, expression, depth)

    def checked(self, kind: str, schema: Any, expression: str, depth: int) -> None:
        """Writes a value whose Python type is right."""
        method = getattr(self, f"_{kind}", None)
        if method is None:
            raise Unsupported(str(kind))
        method(schema, expression, depth)

    def _null(self, *_: Any) -> None:
        pass

    def _boolean(self, _: Any, expression: str, depth: int) -> None:
        self.source.add(depth, f"add(b'\\x01' if {expression} else b'\\x00')")

    def _long(self, _: Any, expression: str, depth: int) -> None:
        self.source.add(depth, f"add(small({expression}) or write_long({expression}))")

    def _int(self, _: Any, expression: str, depth: int) -> None:
        self.source.add(depth, f"if not -0x80000000 <= {expression} <= 0x7fffffff: raise Unusual")
        self._long(None, expression, depth)

    def _double(self, _: Any, expression: str, depth: int) -> None:
        self.source.add(depth, f"add(double.pack({expression}))")

    def _bytes(self, _: Any, expression: str, depth: int) -> None:
        self._long(None, f"len({expression})", depth)
        self.source.add(depth, f"add({expression})")

    def _string(self, _: Any, expression: str, depth: int) -> None:
        v = self.source.name()
        self.source.add(depth, f"{v} = {expression}.encode()")
        self._bytes(None, v, depth)

    def _record(self, schema: Any, expression: str, depth: int) -> None:
        fields = schema["fields"]
        self.source.add(
            depth, f"if type({expression}) is not dict or len({expression}) != {len(fields)}: raise Unusual"
        )
        for field in fields:
            v = self.source.name()
            self.source.add(depth, f"{v} = {expression}[{field['name']!r}]")
            self.value(field["type"], v, depth)

    def _union(self, branches: Any, expression: str, depth: int) -> None:
        kinds = [self.resolve(branch, depth) for branch in branches]
        python = [PYTHON_TYPES.get(kind) for kind, _ in kinds]
        if None in python or len(set(python)) != len(python):
            raise Unsupported("a union whose branches the type of a value does not tell apart")
        for number, (kind, schema) in enumerate(kinds):
            self.source.add(depth, f"{'el' if number else ''}if type({expression}) is {python[number]}:")
            self.source.add(depth + 1, f"add({SMALL[number]!r})")
            self.checked(kind, schema, expression, depth + 1)
        self.source.add(depth, "else: raise Unusual")

    def _items(self, python: str, expression: str, depth: int) -> None:
        self.source.add(
            depth,
            f"if type({expression}) is not {python}: raise Unusual",
            f"if {expression}:",
            f"    add(small(len({expression})) or write_long(len({expression})))",
        )

    def _array(self, schema: Any, expression: str, depth: int) -> None:
        self._items("list", expression, depth)
        v = self.source.name()
        self.source.add(depth + 1, f"for {v} in {expression}:")
        self.value(schema["items"], v, depth + 2)
        self.source.add(depth + 2, "pass")
        self.source.add(depth, "add(b'\\x00')")

    def _map(self, schema: Any, expression: str, depth: int) -> None:
        self._items("dict", expression, depth)
        key, v = self.source.name(), self.source.name()
        self.source.add(depth + 1, f"for {key}, {v} in {expression}.items():")
        self.value("string", key, depth + 2)
        self.value(schema["values"], v, depth + 2)
        self.source.add(depth, "add(b'\\x00')")
