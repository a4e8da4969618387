"""Which column of a file means what of a lead."""

import pytest

from services.leads.importing import HEADERS, fields_of


@pytest.mark.parametrize(
    ("columns", "fields"),
    [
        (["First Name", "Last Name", "E-Mail", "Company"], ["first_name", "last_name", "email", "company"]),
        (["Vorname", "Nachname", "Firma", "Telefon"], ["first_name", "last_name", "company", "phone"]),
        (["first_name", "EMAIL ADDRESS", "job-title"], ["first_name", "email", "job_title"]),
        (["Frist Name", "Emaill", "Compnay Name"], ["first_name", "email", "company"]),
        (["Email", "Email", "e-mail"], ["email", None, None]),
        (["Shoe size", "", "Id", "Name"], [None, None, None, "name"]),
    ],
)
def test_a_mapping_is_proposed_from_the_headers(columns: list[str], fields: list[str | None]) -> None:
    assert [HEADERS.propose(columns).get(place) for place in range(len(columns))] == fields


def test_a_row_says_what_the_api_would_be_told() -> None:
    mapping = {0: "name", 1: "company_size", 2: "country", 3: "email", 4: "lead_source", 9: "phone"}
    cells = [" Jo Ann Doe ", "1,200", "at", "", "Web Form"]
    assert fields_of(cells, mapping) == {
        "first_name": "Jo Ann",
        "last_name": "Doe",
        "company_size": "enterprise",
        "country": "AT",
        "lead_source": "web_form",
    }
    sizes = [fields_of([size], {0: "company_size"})["company_size"] for size in ("99", "Mid-Market", "huge")]
    assert sizes == ["small", "mid_market", "huge"]
