"""Every error is a problem, says what the caller can do about it, and nothing of the inside."""

import gzip
import json
import socket
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import Request

from chassis.http import bodies, client_address, create_app
from tests.chassis.http.conftest import Client, Runtime, Service, keyed, write

NOT_FOUND = {"type": "about:blank", "title": "Not found", "status": 404}


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem of an answer, which must have this status."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    return found


def post_raw(client: httpx.Client, raw: bytes, **headers: str) -> httpx.Response:
    """Posts bytes as a note."""
    return client.post(
        "/api/notes", content=raw, headers={"Content-Type": "application/json"} | keyed() | headers
    )


def test_an_unknown_path_is_not_found(ana: httpx.Client) -> None:
    assert problem(ana.get("/nowhere"), 404) == NOT_FOUND


def test_a_foreign_a_malformed_and_a_missing_id_are_the_same_404(ana: httpx.Client, client: Client) -> None:
    theirs = write(client(tenant=uuid4()))["id"]
    ids = [theirs, str(uuid4()), "7", "%00", f"{{{theirs}}}", theirs.replace("-", ""), "urn:uuid:" + theirs]
    for one in ids:
        assert problem(ana.get(f"/api/notes/{one}"), 404) == NOT_FOUND
        change = ana.patch(f"/api/notes/{one}", json={"text": "x"}, headers={"If-Match": '"1"'})
        assert problem(change, 404) == NOT_FOUND


def test_an_own_id_is_found_in_upper_case_too(ana: httpx.Client) -> None:
    note = write(ana)
    assert ana.get(f"/api/notes/{note['id'].upper()}").json() == note


def test_a_path_cannot_climb(ana: httpx.Client) -> None:
    problem(ana.get("/api/notes/..%2f..%2fetc%2fpasswd"), 404)


def test_another_method_is_refused_with_those_that_work(ana: httpx.Client) -> None:
    answer = ana.delete(f"/api/notes/{uuid4()}")
    problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "TRACK"])
def test_methods_that_echo_or_tunnel_are_refused(ana: httpx.Client, method: str) -> None:
    assert ana.request(method, "/api/notes").status_code in (400, 405)


def test_a_method_cannot_be_overridden(ana: httpx.Client) -> None:
    problem(ana.post("/api/notes", headers={"X-HTTP-Method-Override": "GET"}), 400)


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer abc", "Basic YW5hOmFuYQ==", "Bearer a.b.c"])
def test_without_a_good_token_nobody_comes_in(address: str, token: str) -> None:
    answer = httpx.post(
        f"{address}/api/notes", content=b"not even JSON", headers={"Authorization": token} if token else {}
    )
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_role_that_is_missing_is_403(ana: httpx.Client, client: Client) -> None:
    note = write(ana)
    problem(ana.post(f"/api/notes/{note['id']}/star"), 403)


def test_a_domain_error_has_the_status_of_the_table(ana: httpx.Client) -> None:
    found = problem(ana.post("/api/notes", json={"text": "locked"}, headers=keyed()), 409)
    assert (found["title"], found["detail"]) == ("Note is locked", "Somebody is writing.")
    assert ana.get("/api/notes").json()["items"] == []


def test_a_bug_tells_nothing_of_the_inside(ana: httpx.Client) -> None:
    answer = ana.get("/api/notes/broken/bug")
    problem(answer, 500)
    assert "hunter2" not in answer.text
    assert answer.headers["X-Request-Id"]
    problem(ana.post("/api/notes", json={"text": "bug"}, headers=keyed()), 500)


MALFORMED = {
    "empty": b"",
    "cut off": b'{"text": "a',
    "NaN": b'{"text": "a", "stars": NaN}',
    "Infinity": b'{"text": "a", "stars": Infinity}',
    "1e999": b'{"text": "a", "stars": 1e999}',
    "too deep": b'{"text": "a", "extra": {"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}}",
    "deep": b'{"text": "a", "extra": {"a": ' + b"[" * 70 + b"]" * 70 + b"}}",
    "byte order mark": b'\xef\xbb\xbf{"text": "a"}',
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "lone surrogate": b'{"text": "\\ud800"}',
    "latin-1": '{"text": "ü"}'.encode("latin-1"),
    "comment": b'{"text": "a"} // b',
    "huge integer": b'{"text": "a", "stars": ' + b"9" * 5000 + b"}",
    "null": b"null",
    "array": b"[]",
    "text": b'"a"',
    "key twice": b'{"text": "a", "text": "b"}',
    "key twice within": b'{"text": "a", "extra": {"b": {"c": 1, "c": 1}}}',
    "NUL": b'{"text": "a\\u0000b"}',
    "NUL in a key": b'{"text": "a", "extra": {"\\u0000": 1}}',
    "NUL within": b'{"text": "a", "extra": {"b": ["\\u0000"]}}',
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_body_is_the_callers_fault(ana: httpx.Client, raw: bytes) -> None:
    answer = post_raw(ana, raw)
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code)


INVALID: dict[str, list[dict[str, Any]]] = {
    "#/text": [
        {},
        {"text": ""},
        {"text": "  "},
        {"text": None},
        {"text": 5},
        {"text": "a" * 201},
        {"text": {}},
    ],
    "#/stars": [{"stars": "5"}, {"stars": 1.5}, {"stars": True}, {"stars": -1}, {"stars": 10**30}],
    "#/pinned": [{"pinned": 1}, {"pinned": "true"}],
    "#/id": [{"id": str(uuid4())}],
    "#/tenant_id": [{"tenant_id": str(uuid4())}],
    "#/about": [{"about": "7"}, {"about": 7}, {"about": "0" * 32}],
    "#/remind_at": [
        {"remind_at": when}
        for when in (
            "2026-03-01T09:00:00",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2026-03-01T23:59:60Z",
            "2026-03-01T24:00:00Z",
            "2026-02-30T09:00:00Z",
            "2026-03-01",
            1767225600,
            "now",
        )
    ],
}


@pytest.mark.parametrize(
    ("where", "note"), [(where, note) for where, many in INVALID.items() for note in many]
)
def test_an_invalid_field_is_pointed_at(ana: httpx.Client, where: str, note: dict[str, Any]) -> None:
    body = note if where == "#/text" else {"text": "a"} | note
    found = problem(post_raw(ana, json.dumps(body).encode()), 422)
    assert [error["pointer"] for error in found["errors"]] == [where]


def test_all_faults_are_told_at_once(ana: httpx.Client) -> None:
    found = problem(ana.post("/api/notes", json={"text": "", "stars": 9, "x/y": 1}, headers=keyed()), 422)
    assert {error["pointer"] for error in found["errors"]} == {"#/text", "#/stars", "#/x~1y"}


def test_texts_of_any_script_are_kept_trimmed(ana: httpx.Client) -> None:
    text = "\u202eRTL \u200bzero 😀 e\u0301 <b>javascript:</b> =1+1"
    assert write(ana, text=f"  {text}\n")["text"] == text


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/json; charset=utf-16", ""])
def test_another_media_type_is_refused(ana: httpx.Client, kind: str) -> None:
    problem(post_raw(ana, b'{"text": "a"}', **{"Content-Type": kind}), 415)


def test_a_body_in_json_with_its_charset_is_taken(ana: httpx.Client) -> None:
    assert (
        post_raw(ana, b'{"text": "a"}', **{"Content-Type": "application/json; charset=UTF-8"}).status_code
        == 201
    )


def test_a_body_beyond_the_limit_is_refused_while_it_is_read(ana: httpx.Client) -> None:
    problem(post_raw(ana, b'{"text": "' + b"a" * bodies.DEFAULT_LIMIT), 413)


def test_a_gzip_bomb_is_refused(ana: httpx.Client) -> None:
    problem(post_raw(ana, gzip.compress(b" " * 50_000_000), **{"Content-Encoding": "gzip"}), 413)


def test_a_query_parameter_that_is_wrong_is_400(ana: httpx.Client) -> None:
    for query in (
        "stars=many",
        "sort=secret",
        "limit=0",
        "limit=-1",
        "limit=1000000000",
        "limit=x",
        "stars=%00",
    ):
        problem(ana.get(f"/api/notes?{query}"), 400)
    found = problem(ana.get("/api/notes?limit=0"), 400)
    assert found["errors"][0]["pointer"] == "query:limit"


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_ingestion_takes_json_under_any_name(address: str, kind: str) -> None:
    for raw in (b'{"a": 1}', gzip.compress(b'{"a": 1}')):
        headers = {"Content-Type": kind} if kind else {}
        answer = httpx.post(f"{address}/api/notes/ingest", content=raw, headers=headers)
        assert (answer.status_code, answer.json()) == (202, {"got": {"a": 1}})


BROKEN_GZIP = {
    "cut off": gzip.compress(b'{"a": 1}')[:-4],
    "in gzip": gzip.compress(gzip.compress(b'{"a": 1}')),
    "twice": gzip.compress(b'{"a": 1}') * 2,
    "no gzip": b"\x1f\x8bnot gzip",
    "checksum": gzip.compress(b'{"a": 1}')[:-8] + b"\x00" * 8,
}


@pytest.mark.parametrize("raw", BROKEN_GZIP.values(), ids=BROKEN_GZIP.keys())
def test_broken_gzip_is_refused(address: str, raw: bytes) -> None:
    problem(httpx.post(f"{address}/api/notes/ingest", content=raw), 400)


def test_a_route_may_have_a_limit_of_its_own(address: str) -> None:
    for raw in (b" " * 10_001, gzip.compress(b" " * 10_001)):
        problem(httpx.post(f"{address}/api/notes/ingest", content=raw), 413)


CALLS = [
    ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
    ("127.0.0.1", "2001:db8::9", "2001:db8::/64"),
    ("127.0.0.1", None, "127.0.0.1"),
    ("127.0.0.1", "nobody", "unknown"),
    ("127.0.0.1", "203.0.113.9, 198.51.100.1", "unknown"),
    ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
]


@pytest.mark.parametrize(("peer", "said", "counted"), CALLS)
def test_only_a_gateway_says_whose_call_it_is(
    runtime: Runtime, peer: str, said: str | None, counted: str
) -> None:
    headers = [(b"x-real-ip", said.encode())] if said else []
    app = create_app(Service(), runtime)
    call = Request({"type": "http", "app": app, "client": (peer, 1), "headers": headers})
    assert client_address(call) == counted


def test_a_body_that_trickles_is_cut(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SLOWEST_SECONDS", 0.2)
    url = httpx.URL(address)
    with socket.create_connection((url.host, url.port or 80), timeout=60) as trickle:
        trickle.sendall(b"POST /api/notes/ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert trickle.recv(1000).startswith(b"HTTP/1.1 408")


def test_an_answer_is_not_sniffed_framed_or_cached(ana: httpx.Client) -> None:
    for path in ("/api/notes", "/nowhere"):
        headers = ana.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"


def test_a_request_id_is_kept_if_it_is_one(ana: httpx.Client) -> None:
    assert ana.get("/api/notes", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    assert ana.get("/api/notes", headers={"X-Request-Id": "a b\tc"}).headers["X-Request-Id"] != "a b\tc"


def test_what_proxies_claim_changes_nothing(ana: httpx.Client) -> None:
    note = write(ana)
    claims = {"X-Forwarded-For": "1.2.3.4", "X-Tenant": str(uuid4()), "X-Forwarded-Host": "evil.test"}
    assert ana.get(f"/api/notes/{note['id']}", headers=claims).json() == note


def test_a_limit_on_the_rate_is_told_in_advance_and_at_the_end(ana: httpx.Client) -> None:
    left = [ana.get("/api/notes/limited/hello").headers["RateLimit-Remaining"] for _ in range(2)]
    assert left == ["1", "0"]
    answer = ana.get("/api/notes/limited/hello")
    problem(answer, 429)
    assert int(answer.headers["Retry-After"]) > 0


def test_the_document_of_the_api_is_served_and_says_who_may_call(address: str) -> None:
    document = httpx.get(f"{address}/api/notes/openapi.json").json()
    write_ = document["paths"]["/api/notes"]["post"]
    assert write_["security"] == [{"bearer": []}]
    assert "application/problem+json" in write_["responses"]["default"]["content"]
    assert [p["name"] for p in write_["parameters"] if p["required"]] == ["Idempotency-Key"]
    assert document["paths"]["/api/notes/ingest"]["post"]["security"] == []
    assert "HTTPValidationError" not in document["components"]["schemas"]
