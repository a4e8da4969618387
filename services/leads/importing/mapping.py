"""What the columns of a lead are called, and what its cells say."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from chassis.companies import size_of
from chassis.imports import Headers, said_in
from services.leads.domain import CUSTOM

Field = Literal[
    "first_name", "last_name", "name", "company", "job_title", "email", "phone", "industry", "company_size",
    "country", "region", "lead_source", "channel", "campaign", "description", "esg_interest",
]  # fmt: skip
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
HEADERS: Final = Headers(SYNONYMS)


def fields_of(cells: Sequence[str], mapping: Mapping[int, str]) -> dict[str, Any]:
    """What a row says of a lead, as the API would be told it; empty cells say nothing."""
    said = said_in(cells, mapping)
    if name := said.pop(FULL_NAME, None):
        first, _, last = name.rpartition(" ")
        said = {"first_name": first.strip(), "last_name": last} | said
    if size := said.get("company_size"):
        said["company_size"] = size_of(size)
    if country := said.get("country"):
        said["country"] = country.upper()
    for field in ("esg_interest", "lead_source"):
        if field in said:
            said[field] = said[field].lower().replace(" ", "_")
    return {field: text for field, text in said.items() if text}


def nested(said: Mapping[str, Any]) -> dict[str, Any]:
    """The same as a body of the API has it: `custom.NAME` within `custom`."""
    plain, custom = dict[str, Any](), dict[str, Any]()
    for field, text in said.items():
        if field.startswith(CUSTOM):
            custom[field.removeprefix(CUSTOM)] = text
        else:
            plain[field] = text
    return plain | {"custom": custom} if custom else plain
