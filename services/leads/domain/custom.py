"""Fields that a tenant gives its leads itself: what they are called and what they may hold (F47)."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

Kind = Literal["text", "number", "boolean", "date"]
CUSTOM: Final = "custom."
"""Before the name, wherever fields of a lead are named one by one."""
NAME: Final = r"[a-z][a-z0-9_]{0,39}"
LONGEST_TEXT: Final = 10_000
LARGEST_NUMBER: Final = 10**15
LARGEST: Final = 256 * 1024
"""Bytes of all values of a lead together: they travel in one event."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,16}(\.[0-9]{1,16})?")
_WORDS: Final = {
    **dict.fromkeys(("true", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "no", "n", "off", "0"), False),
}


class UnfitCustom(ValueError):
    """Values that custom fields cannot take; `extra["errors"]` points at each fault."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        """The fields, as `custom.NAME`, each with what is wrong."""
        super().__init__("; ".join(f"{name} {what}" for name, what in faults))
        self.faults = faults
        self.extra = {"errors": [{"pointer": f"#/{place_of(name)}", "detail": what} for name, what in faults]}


class UndefinedCustom(ValueError):
    """A mapping names custom fields that the tenant has not defined."""

    def __init__(self, places: Mapping[str, str]) -> None:
        """Where in the mapping, each with the field that it names."""
        names = ", ".join(sorted(set(places.values())))
        super().__init__(f"No such field: {names}. Define it under /api/leads/settings/custom-fields first.")
        what = "is no custom field of this tenant's: define it first"
        self.extra = {
            "errors": [{"pointer": f"#/mapping/{_escaped(place)}", "detail": what} for place in places]
        }


@dataclass(frozen=True)
class CustomFields:
    """The custom fields of a tenant: name to type, and to label."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Mapping[str, Mapping[str, Any]]) -> "CustomFields":
        """The fields as a tenant keeps them."""
        return cls(
            {name: one["type"] for name, one in stored.items()},
            {name: one["label"] for name, one in stored.items()},
        )

    def merged(
        self, held: Mapping[str, Any] | None, said: Mapping[str, Any], *, texts: bool = False
    ) -> dict[str, Any] | None:
        """What a lead holds once more is said of it, name by name; None where that is nothing.

        Null, and an empty text, take a value away. `texts` come from files and pages and are read by type.
        Raises UnfitCustom.
        """
        kept, faults = dict(held or {}), []
        for name, given in said.items():
            try:
                value = self._value(name, given, kept, texts)
            except ValueError as wrong:
                faults.append((CUSTOM + name, str(wrong)))
                continue
            kept.pop(name, None)
            if value is not None:
                kept[name] = value
        if not faults and len(json.dumps(kept, ensure_ascii=False).encode()) > LARGEST:
            faults = [(CUSTOM + name, f"is too much: {LARGEST} bytes for all custom fields") for name in said]
        if faults:
            raise UnfitCustom(faults)
        return kept or None

    def check_mapping(self, mapping: Mapping[str, str]) -> None:
        """Raises UndefinedCustom where a place of a mapping names a custom field that is not there."""
        named = {place: name for place, name in mapping.items() if name.startswith(CUSTOM)}
        wrong = {place: name for place, name in named.items() if name.removeprefix(CUSTOM) not in self.kinds}
        if wrong:
            raise UndefinedCustom(wrong)

    def _value(self, name: str, given: Any, held: Collection[str], texts: bool) -> Any:
        value = given.strip() if isinstance(given, str) else given
        empty = value is None or value == ""
        if name not in self.kinds and not (empty and name in held):
            raise ValueError("is no custom field of this tenant's: define it first, or leave it out")
        if empty:
            return None
        kind = self.kinds[name]
        return _checked(kind, _parsed(kind, value) if texts else value)


def place_of(field: str) -> str:
    """Where a field stands in a body: custom/NAME for custom.NAME."""
    document, dot, name = field.partition(".")
    return f"{document}/{_escaped(name)}" if dot else field


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _parsed(kind: Kind, text: Any) -> Any:
    """What a text says, where it says it; else the text, which is refused then."""
    if kind == "number" and isinstance(text, str) and _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return _WORDS.get(text.lower(), text) if kind == "boolean" and isinstance(text, str) else text


def _checked(kind: Kind, value: Any) -> Any:
    """The value. Raises ValueError that says what it should be."""
    plain = isinstance(value, str)
    if kind == "text" and not (plain and len(value) <= LONGEST_TEXT):
        raise ValueError(f"must be a text of at most {LONGEST_TEXT} characters")
    if kind == "number" and not _is_number(value):
        raise ValueError("must be a number such as 1200.5, without separators, of at most 15 digits")
    if kind == "boolean" and not isinstance(value, bool):
        raise ValueError("must be true or false")
    if kind == "date" and not (plain and _is_day(value)):
        raise ValueError("must be a day, such as 2026-03-01")
    return value


def _is_number(value: Any) -> bool:
    """Finite, and of a size that every reader of JSON takes."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER


def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and date.fromisoformat(text) is not None
    except ValueError:
        return False
