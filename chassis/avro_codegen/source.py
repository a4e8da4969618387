"""Code under construction, and the walk through a schema that both directions share."""

import struct
from itertools import count
from typing import Any

from chassis.avro_codegen.numbers import SIZES, SMALL, Unusual, read_long, write_int, write_long

DEEPEST = 12
_GLOBALS = {
    "read_long": read_long,
    "write_long": write_long,
    "write_int": write_int,
    "small": SMALL.get,
    "sizes": SIZES,
    "double": struct.Struct("<d"),
    "float_": struct.Struct("<f"),
    "NoneType": type(None),
    "Unusual": Unusual,
}


class Unsupported(Exception):
    """A schema with something that is not generated (enum, fixed, logical types, unions of records)."""


class Source:
    """Lines of a function, and names for its variables."""

    def __init__(self, head: str) -> None:
        self._lines = [head]
        self._names = count()

    def name(self) -> str:
        """A variable that nobody else uses."""
        return f"v{next(self._names)}"

    def add(self, depth: int, *lines: str) -> None:
        """Appends lines at an indentation."""
        self._lines.extend("    " * depth + line for line in lines)

    def compile(self, name: str) -> Any:
        """The function that the code defines."""
        scope: dict[str, Any] = dict(_GLOBALS)
        code = compile("\n".join(self._lines), f"<avro {name}>", "exec")
        exec(code, scope)  # noqa: S102 - made of our own schemas
        return scope[name]


class Walk:
    """Walks through a schema; named types are resolved on the way."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._known: dict[str, Any] = {}

    def method(self, kind: str) -> Any:
        """What deals with a type: the method of its name. Raises `Unsupported`."""
        found = getattr(self, f"_{kind}", None)
        if found is None:
            raise Unsupported(kind)
        return found

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
            self._remember(schema)
        return schema["type"], schema

    def _remember(self, schema: Any) -> None:
        name, space = schema["name"], schema.get("namespace")
        self._known[name] = schema
        self._known[f"{space}.{name}" if space else name] = schema
