"""What the columns of an account are called, and what its cells say."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from chassis.companies import size_of
from chassis.imports import Headers, said_in

Field = Literal[
    "external_id", "name", "domain", "website", "phone", "industry", "company_size", "country", "territory",
    "description", "tier", "esg_engagement", "esg_score", "owner",
]  # fmt: skip
SYNONYMS: Final[dict[Field, tuple[str, ...]]] = {
    "external_id": ("id", "external key", "customer number", "customer id", "account id", "account number",
                    "crm id", "kundennummer", "debitor", "numero de cliente", "numero client"),
    "name": ("name", "account name", "account", "company", "company name", "organization", "organisation",
             "customer", "firma", "unternehmen", "kunde", "empresa", "societe", "azienda"),
    "domain": ("domain", "company domain", "company domain name", "domain name", "email domain"),
    "website": ("website", "web site", "url", "homepage", "web", "internet", "webseite", "sitio web"),
    "phone": ("phone", "telephone", "phone number", "tel", "telefon", "telefonnummer", "telefono"),
    "industry": ("industry", "sector", "branch", "branche", "industria", "vertical"),
    "company_size": ("company size", "size", "employees", "number of employees", "headcount", "mitarbeiter"),
    "country": ("country", "country code", "land", "pais", "pays", "paese", "billing country"),
    "territory": ("territory", "region", "sales region", "gebiet", "vertriebsgebiet"),
    "description": ("description", "notes", "note", "comment", "comments", "remarks", "bemerkung", "notiz"),
    "tier": ("tier", "segment", "class", "rating", "kategorie"),
    "esg_engagement": ("esg engagement", "esg", "esg interest"),
    "esg_score": ("esg score", "esg rating"),
    "owner": ("owner", "account owner", "account manager", "betreuer", "responsible"),
}  # fmt: skip
HEADERS: Final = Headers(SYNONYMS)
_ADDRESS: Final = re.compile(r"^(?:[a-z]+://)?(?:www\.)?([^/?#:]+).*$", re.IGNORECASE | re.DOTALL)


def fields_of(cells: Sequence[str], mapping: Mapping[int, str]) -> dict[str, Any]:
    """What a row says of an account, as the API would be told it; empty cells say nothing."""
    said: dict[str, Any] = dict(said_in(cells, mapping))
    if domain := said.get("domain"):
        said["domain"] = _ADDRESS.sub(r"\1", domain).lower()
    if (website := said.get("website")) and "://" not in website:
        said["website"] = f"https://{website}"
    if size := said.get("company_size"):
        said["company_size"] = size_of(size)
    if country := said.get("country"):
        said["country"] = country.upper()
    for field in ("tier", "esg_engagement"):
        if field in said:
            said[field] = said[field].lower()
    if (score := said.get("esg_score", "")).isdecimal() and len(score) <= 9:
        said["esg_score"] = int(score)
    return said
