"""What a person may be found by in what was kept as it came, so that erasing reaches it too (F109, G20).

Sealed fields need none of this: they go with their key. It is for texts that people typed or sent: rows of a
file, submissions of a form, answers kept under an Idempotency-Key.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from chassis.contact import national_digits
from chassis.db import UnitOfWork
from chassis.pii import Vault, normal_email

GONE: Final = "[erased]"
"""What stands where a person was spoken of."""
SHORTEST: Final = 7
"""Digits of a phone number that is worth looking for."""
TELLING: Final = 4
"""Letters from which on a part of a name tells by itself who is meant, in a text about the person."""
_LIKELY: Final = re.compile(r"""[^\s"'<>,;:()\[\]\\\x00-\x1f]{1,66}@[^\s"'<>,;:()\[\]\\\x00-\x1f]{1,257}""")
_WORD: Final = re.compile(r"[^\W_]+")
_BEFORE, _BEHIND = r"(?<![^\W_])", r"(?![^\W_])"

_answers = sa.table(
    "idempotency_keys",
    sa.column("tenant_id", sa.Uuid),
    sa.column("headers", JSONB),
    sa.column("body", sa.LargeBinary),
)


@dataclass(frozen=True)
class Traces:
    """E-mail addresses, phone numbers and names of a person, and the ids that they go by; in lower case."""

    literals: frozenset[str]
    phones: frozenset[str]
    """Digits, as within the person's country."""
    names: frozenset[tuple[str, ...]]
    """The words of each full name."""

    @classmethod
    def of(cls, people: Iterable[tuple[UUID, Mapping[str, Any]]]) -> Self:
        """Of somebody's ids, each with the fields known under it: first_name, last_name, email, phone."""
        literals, phones, names = set[str](), set[str](), set[tuple[str, ...]]()
        for id, fields in people:
            literals.add(str(id))
            literals |= _spellings(fields.get("email"))
            phones |= {
                digits
                for name in ("phone", "phone_e164")
                if (digits := _digits(fields.get(name))) is not None
            }
            words = _words(fields.get("first_name")), _words(fields.get("last_name"))
            if all(words):
                names.add((*words[0], *words[1]))
        return cls(frozenset(literals), frozenset(phones), frozenset(names))

    def mentioned_in(self, text: str) -> bool:
        """Whether a text speaks of the person: by an address, a number, an id, or all words of a name."""
        text = text.lower()
        digits, words = re.sub("[^0-9]", "", text), set(_WORD.findall(text))
        return (
            any(literal in text for literal in self.literals)
            or any(phone in digits for phone in self.phones)
            or any(words.issuperset(name) for name in self.names)
        )

    def found_in(self, text: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        """The same, asked of the database."""
        lowered, digits = sa.func.lower(text), sa.func.regexp_replace(text, "[^0-9]", "", "g")
        return sa.or_(
            sa.false(),
            *(lowered.contains(literal, autoescape=True) for literal in sorted(self.literals)),
            *(digits.contains(phone) for phone in sorted(self.phones)),
            *(sa.and_(*(_has_word(lowered, word) for word in name)) for name in sorted(self.names)),
        )

    def redacted(self, text: str) -> str:
        """A text about the person without the person."""
        return self._pattern().sub(GONE, text)

    def _pattern(self) -> re.Pattern[str]:
        whole = [r"\W+".join(order) for name in self.names for order in (name, (*name[1:], name[0]))]
        single = {word for name in self.names for word in name if len(word) >= TELLING}
        numbers = [rf"(?:\+|00)?(?:\d[\s()./-]*){{0,4}}{_spaced(phone)}" for phone in self.phones]
        names = [rf"{_BEFORE}(?:{one}){_BEHIND}" for one in (*whole, *sorted(single))]
        longest_first = sorted(map(re.escape, self.literals), key=len, reverse=True)
        return re.compile("|".join([*longest_first, *numbers, *names]) or r"(?!)", re.IGNORECASE)


def address_of(vault: Vault, tenant: UUID, email_hash: str | None) -> Callable[[str], bool]:
    """Tells whether a text holds an address of which only the hash is known.

    In bytes read as a text what stands before and behind may pass for letters of it (lengths, as a rule).
    """

    def mentioned_in(text: str) -> bool:
        likely = (found.group() for found in _LIKELY.finditer(text)) if email_hash else ()
        cuts = (one[start : len(one) - end] for one in likely for start in range(3) for end in range(3))
        return any("@" in cut and vault.email_hash(tenant, cut) == email_hash for cut in cuts)

    return mentioned_in


def forget_answers(uow: UnitOfWork, traces: Traces) -> None:
    """Empties answers kept for a retry that speak of the person; a retry still does nothing twice."""
    is_json = _answers.c.headers["content-type"].astext.contains("json")
    text = sa.case((is_json, sa.func.convert_from(_answers.c.body, "UTF8")), else_="")
    mine = (_answers.c.tenant_id == uow.tenant, traces.found_in(text))
    uow.session.execute(sa.update(_answers).where(*mine).values(body=b"{}"))


def _spellings(email: str | None) -> set[str]:
    """As it was given, in normal form, and as each stands in JSON."""
    plain = {email.strip().lower(), normal_email(email)} if email and "@" in email else set()
    return plain | {json.dumps(one, ensure_ascii=False)[1:-1] for one in plain}


def _digits(phone: str | None) -> str | None:
    digits = national_digits(phone) if phone else ""
    return digits if len(digits) >= SHORTEST else None


def _words(name: str | None) -> tuple[str, ...]:
    """Words of a part of a name; initials tell nothing."""
    return tuple(word for word in _WORD.findall((name or "").lower()) if len(word) > 1)


def _has_word(text: sa.ColumnElement[str], word: str) -> sa.ColumnElement[bool]:
    return text.regexp_match(f"(^|[^[:alnum:]]){word}([^[:alnum:]]|$)")


def _spaced(digits: str) -> str:
    return r"[\s()./-]*".join(digits)
