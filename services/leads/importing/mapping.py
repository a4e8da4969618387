"""Which column means what: proposed from the header, decided by people."""

from collections.abc import Mapping as Table
from collections.abc import Sequence
from typing import Any, Final, Literal

from rapidfuzz import fuzz, process

from services.leads.matching import folded

Field = Literal[
    "first_name", "last_name", "name", "company", "job_title", "email", "phone", "industry", "company_size",
    "country", "region", "lead_source", "channel", "campaign", "description", "esg_interest",
]  # fmt: skip
Mapping = dict[int, Field]
"""Place of a column, from 0, to the field that it means; other columns are left out."""
FULL_NAME: Final = "name"
"""A column that holds first and last name together."""
SYNONYMS: Final[dict[Field, tuple[str, ...]]] = {
    "first_name": ("first name", "given name", "forename", "vorname", "prenom", "nombre", "nome"),
    "last_name": ("last name", "surname", "family name", "nachname", "familienname", "apellido", "cognome"),
    FULL_NAME: ("name", "full name", "contact", "contact name", "person", "lead",
             "lead name", "ansprechpartner"),
    "company": ("company", "company name", "organization", "organisation", "account", "account name",
                "employer", "business", "firma", "unternehmen", "empresa", "societe", "azienda"),
    "job_title": ("job title", "title", "position", "role", "job", "function", "funktion", "beruf", "cargo"),
    "email": ("email", "e mail", "mail", "email address", "e mail address", "e mail adresse", "correo"),
    "phone": ("phone", "telephone", "phone number", "tel", "mobile", "mobile phone", "cell", "telefon",
              "telefonnummer", "handy", "telefono"),
    "industry": ("industry", "sector", "branch", "branche", "industria", "vertical"),
    "company_size": ("company size", "size", "employees", "number of employees", "headcount", "mitarbeiter"),
    "country": ("country", "country code", "land", "pais", "pays", "paese"),
    "region": ("region", "state", "province", "bundesland", "county"),
    "lead_source": ("lead source", "source", "origin", "quelle", "herkunft"),
    "channel": ("channel", "kanal"),
    "campaign": ("campaign", "kampagne"),
    "description": ("description", "notes", "note", "comment", "comments", "remarks", "bemerkung", "notiz"),
    "esg_interest": ("esg interest", "esg"),
}  # fmt: skip
SIZES: Final = ((1000, "enterprise"), (100, "mid_market"), (0, "small"))
_KNOWN: Final = {word: field for field, words in SYNONYMS.items() for word in (folded(field), *words)}
_SURE: Final = 88
"""Similarity in percent from which a header is taken for a misspelt one."""


def propose(columns: Sequence[str]) -> Mapping:
    """A field for every column whose header tells; a field is given once, to whose header tells best."""
    told = [(*_meant(column), place) for place, column in enumerate(columns)]
    proposed: Mapping = {}
    for _, field, place in sorted(told, key=lambda one: (-one[0], one[2])):
        if field and field not in proposed.values():
            proposed[place] = field
    return dict(sorted(proposed.items()))


def _meant(header: str) -> tuple[float, Field | None]:
    """How sure it is, in percent, and the field."""
    word = folded(header.replace("_", " "))
    if field := _KNOWN.get(word):
        return 100.0, field
    words = list(_KNOWN) if len(word) > 3 else []
    likely = process.extractOne(word, words, scorer=fuzz.ratio, score_cutoff=_SURE)
    return (likely[1], _KNOWN[likely[0]]) if likely else (0.0, None)


def fields_of(cells: Sequence[str], mapping: Table[int, str]) -> dict[str, Any]:
    """What a row says of a lead, as the API would be told it; empty cells say nothing."""
    said: dict[str, str] = {
        field: cells[place].strip() for place, field in mapping.items() if place < len(cells)
    }
    said = {field: text for field, text in said.items() if text}
    if name := said.pop(FULL_NAME, None):
        first, _, last = name.rpartition(" ")
        said = {"first_name": first.strip(), "last_name": last} | said
    if size := said.get("company_size"):
        said["company_size"] = _size(size)
    if country := said.get("country"):
        said["country"] = country.upper()
    for field in ("esg_interest", "lead_source"):
        if field in said:
            said[field] = said[field].lower().replace(" ", "_")
    return {field: text for field, text in said.items() if text}


def _size(text: str) -> str:
    """The size that a number of employees is, or the size as it was named."""
    digits = text.replace(".", "").replace(",", "").replace("'", "").strip()
    if digits.isascii() and digits.isdigit():
        return next(name for least, name in SIZES if int(digits[:9]) >= least)
    return text.lower().replace(" ", "_").replace("-", "_")
