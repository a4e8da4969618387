"""What tenants call sources, industries and statuses: their words over fixed system keys (F6).

Rules, events and reports know the system keys alone; a tenant's own word is kept beside the key that it
stands for, and shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal, get_args

from services.leads.domain.sources import Source
from services.leads.domain.statuses import Status

Kind = Literal["statuses", "sources", "industries"]
OTHER: Final = "other"
INDUSTRIES: Final = (
    "agriculture",
    "construction",
    "education",
    "energy",
    "finance",
    "government",
    "healthcare",
    "hospitality",
    "manufacturing",
    "media",
    "nonprofit",
    "professional_services",
    "real_estate",
    "retail",
    "technology",
    "telecommunications",
    "transport",
    OTHER,
)
SYSTEM: Final[dict[Kind, tuple[str, ...]]] = {
    "statuses": get_args(Status),
    "sources": get_args(Source),
    "industries": INDUSTRIES,
}


class InvalidLabels(ValueError):
    """Labels that cannot be; `extra["errors"]` points at each fault."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(what for _, what in faults))
        self.extra = {"errors": [{"pointer": f"#/{where}", "detail": what} for where, what in faults]}


class UnknownSource(ValueError):
    """Neither a system key nor a word of the tenant's."""

    field = "lead_source"

    def __init__(self, given: str) -> None:
        super().__init__(f"{given} is no source of this tenant's.")
        self.extra = {"errors": [{"pointer": f"#/{self.field}", "detail": "is no source of this tenant's"}]}


@dataclass(frozen=True)
class Term:
    """A word: its key, what people read, and the system key that it stands for."""

    key: str
    label: str
    system_key: str

    @property
    def own(self) -> str | None:
        """The key, where it is the tenant's own."""
        return None if self.key == self.system_key else self.key


@dataclass(frozen=True)
class Labels:
    """A tenant's words over the system's."""

    words: Mapping[Kind, Mapping[str, Term]] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Mapping[str, Iterable[Mapping[str, Any]]]) -> "Labels":
        """The words as a tenant keeps them."""
        words: dict[Kind, dict[str, Term]] = {}
        for kind in SYSTEM:
            terms = [_term(word) for word in stored.get(kind, ())]
            words[kind] = {term.key: term for term in terms}
        return cls(words)

    def terms(self, kind: Kind) -> list[Term]:
        """Every word of a kind: the system's, as the tenant calls them, then the tenant's own."""
        mine = self.words.get(kind, {})
        system = [mine.get(key) or Term(key, plain_label(key), key) for key in SYSTEM[kind]]
        return [*system, *(term for term in mine.values() if term.own)]

    def term(self, kind: Kind, key: str) -> Term | None:
        """The word with this key, or that people read so; None where there is none."""
        return self._found[kind].get(key.casefold())

    @cached_property
    def _found(self) -> Mapping[Kind, Mapping[str, Term]]:
        """Every word by its key and by what people read; of two with one name the first."""
        found: dict[Kind, dict[str, Term]] = {}
        for kind in SYSTEM:
            named = [(name, term) for term in self.terms(kind) for name in (term.key, term.label.casefold())]
            found[kind] = dict(reversed(named))
        return found

    def label(self, kind: Kind, system_key: str, own: str | None = None) -> str:
        """What people read; a word that is no longer there is shown as it was given."""
        found = self.term(kind, own or system_key)
        return found.label if found else own or plain_label(system_key)

    def source(self, given: str) -> Term:
        """The source that somebody names. Raises UnknownSource."""
        if (found := self.term("sources", given)) is None:
            raise UnknownSource(given)
        return found

    def industry(self, given: str) -> Term:
        """The industry that somebody names; what nobody knows is kept as it is and counts as other."""
        return self.term("industries", given) or Term(given, given, OTHER)


def plain_label(key: str) -> str:
    """What a key is called where nobody says otherwise: Web form for web_form."""
    return key.replace("_", " ").capitalize()


def check_labels(stored: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
    """Raises InvalidLabels: statuses cannot be added, an own key stands for a system key, once."""
    faults: list[tuple[str, str]] = []
    for kind, system in SYSTEM.items():
        seen: set[str] = set()
        for index, word in enumerate(stored.get(kind, ())):
            term = _term(word)
            if fault := _fault(kind, system, term, seen):
                faults.append((f"{kind}/{index}/{fault[0]}", fault[1]))
            seen.add(term.key)
    if faults:
        raise InvalidLabels(faults)


def _fault(kind: Kind, system: tuple[str, ...], term: Term, seen: set[str]) -> tuple[str, str] | None:
    if term.key in seen:
        return "key", "is there twice"
    if term.key in system and term.own:
        return "system_key", "a system key stands for itself"
    if term.key not in system and kind == "statuses":
        return "key", "is no status; statuses are relabelled, never added"
    if term.system_key not in system:
        return "system_key", "must name the system key that this word stands for"
    return None


def _term(word: Mapping[str, Any]) -> Term:
    return Term(word["key"], word["label"], word.get("system_key") or word["key"])
