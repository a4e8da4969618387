"""Pages: every row once, and a cursor that is good for nothing else."""

from uuid import uuid4

import httpx
import pytest

from chassis.http import paging
from chassis.http.signing import Forged, Signer
from tests.chassis.http.conftest import Client, write
from tests.chassis.http.test_problems import problem


def test_pages_give_every_row_once_in_order(ana: httpx.Client) -> None:
    written = [write(ana, text=f"note {n}")["id"] for n in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = ana.get(f"/api/notes?limit=2{cursor and '&cursor='}{cursor}").json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == written


def test_a_cursor_is_of_one_tenant_filter_and_order(ana: httpx.Client, client: Client) -> None:
    for _ in range(3):
        write(ana, stars=1)
    cursor = ana.get("/api/notes?limit=1&stars=1").json()["next"]
    assert ana.get(f"/api/notes?limit=2&stars=1&cursor={cursor}").status_code == 200
    for query in ("", "&stars=2", "&stars=1&sort=text"):
        problem(ana.get(f"/api/notes?limit=1{query}&cursor={cursor}"), 400)
    problem(client("eve", uuid4()).get(f"/api/notes?limit=1&stars=1&cursor={cursor}"), 400)


def test_a_forged_cursor_is_refused(ana: httpx.Client) -> None:
    for _ in range(2):
        write(ana)
    cursor = ana.get("/api/notes?limit=1").json()["next"]
    changed = cursor[:-3] + ("AAA" if cursor[-3:] != "AAA" else "BBB")
    for forged in (changed, cursor + "A", cursor[1:], "", "x", "%F0%9F", "A" * 1999, "A" * 3000):
        problem(ana.get(f"/api/notes?cursor={forged}"), 400)


def test_an_old_cursor_is_refused(ana: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        write(ana)
    cursor = ana.get("/api/notes?limit=1").json()["next"]
    monkeypatch.setattr(paging, "CURSOR_SECONDS", -1)
    problem(ana.get(f"/api/notes?cursor={cursor}"), 400)


def test_a_signature_is_of_one_purpose_key_and_scope() -> None:
    signer = Signer(b"key", "cursor")
    text = signer.sign([1, "a"], "acme")
    assert signer.read(text, "acme") == [1, "a"]
    for other, scope in (
        (signer, "globex"),
        (Signer(b"key", "position"), "acme"),
        (Signer(b"k", "cursor"), "acme"),
    ):
        with pytest.raises(Forged):
            other.read(text, scope)
