"""Code that writes values of a schema: everything is checked and encoded first, then joined at once."""

from collections.abc import Callable
from typing import Any

from chassis.avro_codegen.numbers import SMALL
from chassis.avro_codegen.source import Source, Unsupported, Walk

Write = Callable[[Any], bytes]
"""Value to bytes. Raises on anything unusual."""

PYTHON_TYPES = {"null": "NoneType", "boolean": "bool", "int": "int", "long": "int", "double": "float"} | {
    "string": "str",
    "bytes": "bytes",
}
TELLS_ITSELF = "string"
"""Its text is encoded, which nothing but a text can be: no check is needed."""


def writer(schema: Any) -> Write:
    """A writer of values of this schema. Raises `Unsupported`."""
    source = Source("def write(value):")
    pieces = _Writing(source).value(schema, "value", 1)
    source.add(1, f"return b''.join(({', '.join(pieces)},))")
    write: Write = source.compile("write")
    return write


class _Writing(Walk):
    """Each method appends the code that prepares one value and gives the expressions of its bytes."""

    def value(self, schema: Any, expression: str, depth: int) -> list[str]:
        """Any type; the value's Python type is checked, for fastavro may know what to do with another."""
        kind, schema = self.resolve(schema, depth)
        if kind in PYTHON_TYPES and kind != TELLS_ITSELF:
            self.source.add(depth, f"if type({expression}) is not {PYTHON_TYPES[kind]}: raise Unusual")
        return self.checked(kind, schema, expression, depth)

    def checked(self, kind: str, schema: Any, expression: str, depth: int) -> list[str]:
        """The pieces of a value whose Python type is right."""
        pieces: list[str] = self.method(kind)(schema, expression, depth)
        return pieces

    def _null(self, *_: Any) -> list[str]:
        return []

    def _boolean(self, _: Any, expression: str, __: int) -> list[str]:
        return [f"b'\\x01' if {expression} else b'\\x00'"]

    def _long(self, _: Any, expression: str, __: int) -> list[str]:
        return [f"small({expression}) or write_long({expression})"]

    def _int(self, _: Any, expression: str, __: int) -> list[str]:
        return [f"small({expression}) or write_int({expression})"]

    def _double(self, _: Any, expression: str, __: int) -> list[str]:
        return [f"double.pack({expression})"]

    def _bytes(self, _: Any, expression: str, __: int) -> list[str]:
        return [f"sizes[len({expression})]", expression]

    def _string(self, _: Any, expression: str, depth: int) -> list[str]:
        v = self.source.name()
        self.source.add(depth, f"{v} = {expression}.encode()")
        return self._bytes(None, v, depth)

    def _record(self, schema: Any, expression: str, depth: int) -> list[str]:
        fields = schema["fields"]
        self.source.add(
            depth, f"if type({expression}) is not dict or len({expression}) != {len(fields)}: raise Unusual"
        )
        pieces = []
        for field in fields:
            v = self.source.name()
            self.source.add(depth, f"{v} = {expression}[{field['name']!r}]")
            pieces += self.value(field["type"], v, depth)
        return pieces

    def _union(self, branches: Any, expression: str, depth: int) -> list[str]:
        kinds = [self.resolve(branch, depth) for branch in branches]
        python = [PYTHON_TYPES.get(kind) for kind, _ in kinds]
        if None in python or len(set(python)) != len(python):
            raise Unsupported("a union whose branches the type of a value does not tell apart")
        v = self.source.name()
        for number, (kind, schema) in enumerate(kinds):
            self.source.add(depth, f"{'el' if number else ''}if type({expression}) is {python[number]}:")
            pieces = self.checked(kind, schema, expression, depth + 1)
            whole = " + ".join(f"({piece})" for piece in (repr(SMALL[number]), *pieces))
            self.source.add(depth + 1, f"{v} = {whole}")
        self.source.add(depth, "else: raise Unusual")
        return [v]

    def _items(self, python: str, expression: str, depth: int) -> str:
        v = self.source.name()
        self.source.add(
            depth,
            f"if type({expression}) is not {python}: raise Unusual",
            f"{v} = [sizes[len({expression})]] if {expression} else []",
        )
        return v

    def _array(self, schema: Any, expression: str, depth: int) -> list[str]:
        parts, item = self._items("list", expression, depth), self.source.name()
        self.source.add(depth, f"for {item} in {expression}:")
        pieces = self.value(schema["items"], item, depth + 1)
        self.source.add(depth + 1, f"{parts} += ({', '.join(pieces)},)")
        return [f"*{parts}", "b'\\x00'"]

    def _map(self, schema: Any, expression: str, depth: int) -> list[str]:
        parts, key, v = self._items("dict", expression, depth), self.source.name(), self.source.name()
        self.source.add(depth, f"for {key}, {v} in {expression}.items():")
        pieces = [*self.value("string", key, depth + 1), *self.value(schema["values"], v, depth + 1)]
        self.source.add(depth + 1, f"{parts} += ({', '.join(pieces)},)")
        return [f"*{parts}", "b'\\x00'"]
