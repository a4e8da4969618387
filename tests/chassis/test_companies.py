"""Companies in normal forms: one company, one text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.companies import company_key, folded, own_domain, size_of

texts = st.text(alphabet=st.sampled_from("aäÅé ß.'-&BCDo株GmbHLtd,"), max_size=24)


@pytest.mark.parametrize(
    "spelling",
    [
        "Acme GmbH",
        "ACME GmbH & Co. KG",
        "acme",
        "Acme, Inc.",
        "Ácme S.p.A.",
        "Acme Sp. z o.o.",
        " Acme  Ltd ",
    ],
)
def test_a_company_is_one_whatever_its_legal_form(spelling: str) -> None:
    assert company_key(spelling) == "acme"


def test_a_company_that_is_called_like_a_legal_form_keeps_its_name() -> None:
    assert [company_key(name) for name in ("GmbH", "Co", "SA")] == ["gmbh", "co", "sa"]


@given(texts)
def test_normal_forms_are_normal(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert company_key(company_key(text)) == company_key(text)


def test_free_mail_tells_of_no_company() -> None:
    assert own_domain("jo@gmail.com") is None
    assert own_domain("jo@acme.example") == "acme.example"


@pytest.mark.parametrize(
    ("told", "size"),
    [
        ("99", "small"),
        ("1,200", "enterprise"),
        ("100", "mid_market"),
        ("Mid-Market", "mid_market"),
        ("huge", "huge"),
    ],
)
def test_a_size_is_known_by_the_number_of_employees(told: str, size: str) -> None:
    assert size_of(told) == size
