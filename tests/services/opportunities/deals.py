"""Deals of ACME as tests make them."""

from typing import Any
from uuid import UUID

import httpx

from chassis.ids import user_id
from tests.services.house import ACME

DEALS = "/api/opportunities"
ACCOUNT, GLOBEX_AG = UUID(int=21), UUID(int=20)
EUR = {"minor": 2_500_000, "currency": "EUR"}
PRICE = {"reason_code": "price", "reason": "Too dear.", "competitor": "Globex"}


def account(id: UUID = ACCOUNT, **other: Any) -> dict[str, Any]:
    """What the accounts service tells of an account."""
    told = {"account_id": str(id), "version": 1, "account_name": "ACME GmbH", "owner_id": None}
    return {**told, "territory": None, "closed": False, **other}


def colleague(login: str, **other: Any) -> dict[str, Any]:
    """What the identity service tells of somebody who works at ACME."""
    told = {"user_id": str(user_id(ACME, login)), "version": 1, "login": login, "roles": ["rep"]}
    told |= {"team": None, "manager_id": None, "active": True, "territories": [], "capacity": None}
    told |= {"absent_from": None, "absent_until": None, "visibility": None, "pii": None, "key_id": None}
    return {**told, **other}


def open_deal(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    """A deal as the API answers it."""
    body = {"title": "Initial Opportunity - ACME GmbH", "account_id": str(ACCOUNT), "amount": EUR}
    answer = client.post(DEALS, json={**body, **fields})
    assert answer.status_code == 201, answer.text
    deal: dict[str, Any] = answer.json()
    return deal


def move(client: httpx.Client, deal: dict[str, Any], stage: str, **why: Any) -> dict[str, Any]:
    """The deal in another stage; a lost one for its price."""
    body = {"stage": stage, **(PRICE if stage == "closed_lost" else {}), **why}
    answer = client.post(f"{DEALS}/{deal['id']}/stage", json=body)
    assert answer.status_code == 200, answer.text
    moved: dict[str, Any] = answer.json()
    return moved


def change(client: httpx.Client, deal: dict[str, Any], **fields: Any) -> httpx.Response:
    """What a change of the deal is answered; it was seen as it is given here."""
    tag = f'"{deal["version"]}"'
    return client.patch(f"{DEALS}/{deal['id']}", json=fields, headers={"if-match": tag})
