"""Which column of a file means what of an account, and what its cells say."""

import pytest

from services.accounts.importing import HEADERS, fields_of


@pytest.mark.parametrize(
    ("columns", "fields"),
    [
        (["Account Name", "Website", "Employees"], ["name", "website", "company_size"]),
        (["Billing Country", "Sales region"], ["country", "territory"]),
        (["Kundennummer", "Firma", "Branche", "Land"], ["external_id", "name", "industry", "country"]),
        (["Company name", "Company Domain Name", "Phone Number"], ["name", "domain", "phone"]),
        (["Acount Name", "Telephon", "Websit"], ["name", "phone", "website"]),
        (["Account Owner", "ESG score", "Tier"], ["owner", "esg_score", "tier"]),
        (["Name", "Company", "Health", ""], ["name", None, None, None]),
    ],
)  # fmt: skip
def test_a_mapping_is_proposed_from_the_headers(columns: list[str], fields: list[str | None]) -> None:
    assert [HEADERS.propose(columns).get(place) for place in range(len(columns))] == fields


@pytest.mark.parametrize(
    ("field", "cell", "said"),
    [
        ("domain", "https://www.ACME.example/about?x=1", "acme.example"),
        ("domain", "acme.example", "acme.example"),
        ("domain", "www.acme.example:8080", "acme.example"),
        ("domain", "no domain", "no domain"),
        ("website", "acme.example", "https://acme.example"),
        ("website", "http://acme.example", "http://acme.example"),
        ("company_size", "1,200", "enterprise"),
        ("country", "at", "AT"),
        ("tier", "Growth", "growth"),
        ("esg_engagement", "HIGH", "high"),
        ("esg_score", "80", 80),
        ("esg_score", "very good", "very good"),
        ("esg_score", "9" * 5_000, "9" * 5_000),
        ("external_id", " 0042 ", "0042"),
    ],
)
def test_a_cell_says_what_the_api_would_be_told(field: str, cell: str, said: object) -> None:
    assert fields_of([cell], {0: field}) == {field: said}


def test_an_empty_cell_says_nothing() -> None:
    assert fields_of(["ACME", " ", ""], {0: "name", 1: "domain", 2: "tier", 9: "phone"}) == {"name": "ACME"}
