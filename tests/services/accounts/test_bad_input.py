"""Bad input to accounts: refused by the field that is wrong, never a 500."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from schemathesis import GenerationMode

from tests.bad_input import service_answers_as_declared
from tests.services.accounts.test_accounts import opened
from tests.services.house import GLOBEX, Door

SOMEBODY = str(UUID(int=2**127 - 1))
ACCOUNT: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "#/name"),
    ({"name": "   "}, "#/name"),
    ({"name": "x" * 201}, "#/name"),
    ({"name": "nul\x00"}, "#/name"),
    ({"name": None}, "#/name"),
    ({"domain": "no domain"}, "#/domain"),
    ({"country": "Austria"}, "#/country"),
    ({"country": "XX"}, "#/country"),
    ({"website": "javascript:alert(1)"}, "#/website"),
    ({"tier": "gold"}, "#/tier"),
    ({"company_size": "huge"}, "#/company_size"),
    ({"esg_engagement": "very"}, "#/esg_engagement"),
    ({"esg_score": 101}, "#/esg_score"),
    ({"esg_score": 1.5}, "#/esg_score"),
    ({"esg_score": "50"}, "#/esg_score"),
    ({"esg_score": True}, "#/esg_score"),
    ({"parent_id": "ACME"}, "#/parent_id"),
    ({"custom": {"": "x"}}, "#/custom//[key]"),
    ({"custom": {"trucks": 12}}, "#/custom/trucks"),
    ({"health": 100}, "#/health"),
    ({"score": 100}, "#/score"),
    ({"at_risk": False}, "#/at_risk"),
    ({"version": 9}, "#/version"),
    ({"id": SOMEBODY}, "#/id"),
    ({"created_at": "2020-01-01T00:00:00Z"}, "#/created_at"),
    ({"tenant_id": str(GLOBEX)}, "#/tenant_id"),
]
EMAILS = [
    "",
    "maria",
    "maria@",
    "@acme.example",
    "a b@acme.example",
    "a@b@c.example",
    "x" * 321,
    5,
    ["a@b.c"],
]
CONTACT: list[tuple[dict[str, Any], str]] = [
    *(({"email": email}, "#/email") for email in EMAILS),
    ({"primary": "yes"}, "#/primary"),
    ({"primary": 1}, "#/primary"),
    ({"phone": "1" * 51}, "#/phone"),
    ({"account_id": SOMEBODY}, "#/account_id"),
    ({"email_hash": "f" * 64}, "#/email_hash"),
]
QUERIES: list[tuple[str, dict[str, Any]]] = [
    ("", {"limit": 0}),
    ("", {"limit": 201}),
    ("", {"sort": "owner_id"}),
    ("", {"tier": "gold"}),
    ("", {"at_risk": "perhaps"}),
    ("", {"owner_id": "me"}),
    ("", {"cursor": "forged"}),
    ("/{id}/timeline", {"type": "mail"}),
    ("/{id}/timeline", {"actor": "x" * 101}),
    ("/{id}/timeline", {"cursor": "forged"}),
    ("/{id}/contacts", {"limit": 10**9}),
    ("/{id}/lead-draft", {"source": "web_form"}),
    ("/{id}/lead-draft", {"contact": "maria"}),
]


def said(answer: httpx.Response) -> tuple[int, list[str]]:
    """The status and the places that a problem names."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, [error["pointer"] for error in answer.json().get("errors", [])]


def test_a_body_says_which_field_is_wrong(ada: httpx.Client) -> None:
    account = opened(ada)
    url = f"/api/accounts/{account['id']}"
    for fields, pointer in ACCOUNT:
        assert said(ada.post("/api/accounts", json={"name": "x", **fields})) == (422, [pointer]), fields
        assert said(ada.patch(url, json=fields, headers={"if-match": '"1"'})) == (422, [pointer]), fields
    for fields, pointer in CONTACT:
        assert said(ada.post(f"{url}/contacts", json=fields)) == (422, [pointer]), fields


def test_a_query_says_which_parameter_is_wrong(ada: httpx.Client) -> None:
    account = opened(ada)["id"]
    for path, params in QUERIES:
        (name,) = params
        answer = ada.get("/api/accounts" + path.format(id=account), params=params)
        assert said(answer) == (400, [f"query:{name}"]), (path, params)


@pytest.mark.parametrize("bad", ["acme", "{" + SOMEBODY + "}", SOMEBODY[:-1], "..%2f..%2fetc", SOMEBODY])
def test_an_id_of_nothing_is_not_found(ada: httpx.Client, bad: str) -> None:
    for what in ("", "/health", "/score", "/timeline", "/growth", "/contacts", "/team", "/lead-draft"):
        assert ada.get(f"/api/accounts/{bad}{what}").status_code == 404


@pytest.mark.parametrize("phone", ["0800 FLOWERS", "ext. 5", "☎", "++", "12"])
def test_a_phone_that_is_none_is_kept_as_it_was_given(ada: httpx.Client, phone: str) -> None:
    account = opened(ada)["id"]
    contact = ada.post(f"/api/accounts/{account}/contacts", json={"phone": phone}).json()
    assert contact["phone"] == phone


def test_what_people_write_is_kept_as_it_is(ada: httpx.Client) -> None:
    odd = "=cmd|' \u202e<b>Zoë\u0301 👩‍👩‍👧</b>"
    assert opened(ada, odd, description=odd, custom={"note": odd})["custom"] == {"note": odd}


@pytest.mark.parametrize("mode", GenerationMode)
def test_nothing_that_can_be_sent_gets_an_undeclared_answer(door: Door, mode: GenerationMode) -> None:
    service_answers_as_declared(door, "accounts", mode)
