"""Code that reads what a schema wrote."""

from collections.abc import Callable
from typing import Any

from chassis.avro_codegen.source import Source, Unsupported, Walk

Read = Callable[[bytes, int], tuple[Any, int]]
"""Bytes and where the value begins, to the value and where it ends. Raises on anything unusual."""


def reader(schema: Any) -> Read:
    """A reader for values that this schema wrote. Raises `Unsupported`."""
    source = Source("def read(raw, p):")
    value = _Reading(source).value(schema, 1)
    source.add(1, f"return {value}, p")
    read: Read = source.compile("read")
    return read


class _Reading(Walk):
    """Each method appends the code that reads one value and gives the expression that holds it."""

    def value(self, schema: Any, depth: int) -> str:
        """Any type."""
        kind, schema = self.resolve(schema, depth)
        expression: str = self.method(kind)(schema, depth)
        return expression

    def _null(self, _: Any, __: int) -> str:
        return "None"

    def _boolean(self, _: Any, depth: int) -> str:
        v = self.source.name()
        self.source.add(depth, f"{v} = raw[p]", "p += 1", f"if {v} > 1: raise Unusual")
        return f"({v} == 1)"

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

    def _slice(self, depth: int, ending: str) -> str:
        n, v = self.source.name(), self.source.name()
        self.source.add(
            depth,
            f"{n} = raw[p]",
            f"if {n} < 128 and not {n} & 1: p += 1; {n} = p + ({n} >> 1)",
            "else:",
            f"    {n}, p = read_long(raw, p)",
            f"    if {n} < 0: raise Unusual",
            f"    {n} += p",
            f"{v} = raw[p:{n}]{ending}",
            f"p = {n}",
        )
        return v

    def _bytes(self, _: Any, depth: int) -> str:
        return self._slice(depth, "")

    def _string(self, _: Any, depth: int) -> str:
        return self._slice(depth, ".decode()")

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
        values = [(field["name"], self.value(field["type"], depth)) for field in schema["fields"]]
        return f"{{{', '.join(f'{name!r}: {value}' for name, value in values)}}}"

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
