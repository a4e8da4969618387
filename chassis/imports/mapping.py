"""Which column means what: proposed from the header, decided by people."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from typing import Any, Final, NamedTuple

from rapidfuzz import fuzz, process

from chassis.companies import folded

_SURE: Final = 88
"""Similarity in percent from which a header is taken for a misspelt one."""


class Fault(NamedTuple):
    """A field of a row, empty for the whole row, and what is wrong with it."""

    column: str
    detail: str


class Headers:
    """The words by which columns are known."""

    def __init__(self, synonyms: Mapping[Any, Sequence[str]]) -> None:
        """Field to what its column may be called, folded; its own name is understood."""
        self._known = {word: field for field, words in synonyms.items() for word in (_plain(field), *words)}
        self._own: Mapping[str, str] = {}

    def with_own(self, words: Mapping[str, str]) -> "Headers":
        """Knows a tenant's own words for its own fields first, but never misspelt: score 1 is not score 2."""
        known = copy(self)
        known._own = {_plain(word): field for word, field in words.items()}
        return known

    def propose(self, columns: Sequence[str]) -> dict[int, str]:
        """A field for every column whose header tells; it is given once, to whose header tells best."""
        told = [(*self._meant(column), place) for place, column in enumerate(columns)]
        proposed: dict[int, str] = {}
        for _, field, place in sorted(told, key=lambda one: (-one[0], one[2])):
            if field and field not in proposed.values():
                proposed[place] = field
        return dict(sorted(proposed.items()))

    def _meant(self, header: str) -> tuple[float, str | None]:
        """How sure it is, in percent, and the field."""
        word = _plain(header)
        if field := self._own.get(word) or self._known.get(word):
            return 100.0, field
        words = list(self._known) if len(word) > 3 else []
        likely = process.extractOne(word, words, scorer=fuzz.ratio, score_cutoff=_SURE)
        return (likely[1], self._known[likely[0]]) if likely else (0.0, None)


def said_in(cells: Sequence[str], mapping: Mapping[int, str]) -> dict[str, str]:
    """Field to what a row says of it, trimmed; empty cells say nothing."""
    said = {field: cells[place].strip() for place, field in mapping.items() if place < len(cells)}
    return {field: text for field, text in said.items() if text}


def odd_cells(
    said: Mapping[str, object], *, long: Collection[str] = (), idle: Collection[str] = ()
) -> Iterator[Fault]:
    """What a table can do that a body cannot: only `long` fields may have lines, `idle` ones say nothing."""
    if not said.keys() - set(idle):
        yield Fault("", "No mapped column has anything in it.")
    for name, cell in said.items():
        text = str(cell)
        if "\x00" in text:
            yield Fault(name, "must not contain the character NUL")
        if name not in long and ("\n" in text or "\r" in text):
            yield Fault(name, "has a line break: perhaps a quote that does not close")


def _plain(header: str) -> str:
    return folded(header.replace("_", " "))
