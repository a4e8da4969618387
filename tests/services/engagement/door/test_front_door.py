"""Events through the real front door, by a real SDK and by hand, until scoring can see them."""

import gzip
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from segment.analytics.client import Client

from chassis.producer import Sendable
from services.engagement.domain import LARGEST_EVENT
from tests.services.engagement.door.conftest import Door, eventually


def someone() -> str:
    return f"{uuid.uuid4().hex}@acme.example"


def track(event: str = "Email Opened", **fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "messageId": uuid.uuid4().hex, **fields}


def test_the_segment_sdk_brings_what_a_lead_did(door: Door) -> None:
    email = someone()
    lead = door.lead(email)
    sdk = Client(door.write_key(), host=door.url, gzip=True, max_retries=1)
    sdk.identify(email, {"email": email})
    sdk.track(email, "Email Opened", {"email_id": "7"})
    sdk.page(email, properties={"path": "/pricing"})
    sdk.shutdown()
    told = door.recorded(lead, 2)
    assert {event["kind"] for event in told} == {"email_opened", "pricing_page_visited"}
    shown = door.events(lead)
    assert [event["type"] for event in shown].count("identify") == 1
    assert any(event["payload"].get("properties") == {"email_id": "7"} for event in shown)


def test_late_lead_gets_the_events_that_waited(door: Door) -> None:
    email, browser = someone(), uuid.uuid4().hex
    key = door.write_key()
    assert door.send(key, track("Demo Requested", anonymousId=browser)).status_code == 202
    identify = {"type": "identify", "messageId": "i", "anonymousId": browser, "traits": {"email": email}}
    assert door.send(key, identify).status_code == 202
    lead = door.lead(email)
    [event] = door.recorded(lead)
    assert event["kind"] == "demo_requested"


def test_what_lies_in_kafka_under_keys_and_headers_names_no_person(door: Door) -> None:
    email = someone()
    door.send(door.write_key(), track(userId=email))
    rows = eventually(lambda: [r for r in door.read("engagement.received") if email in r[2]["payload"]])
    key, headers, record = rows[0]
    assert email not in key.decode() + json.dumps(headers)
    assert key.decode().startswith(headers["tenantid"] + ":")
    assert headers["ce_id"] == record["event_id"]


def test_one_bad_event_does_not_refuse_its_batch_and_can_be_fixed_and_replayed(door: Door) -> None:
    email = someone()
    lead = door.lead(email)
    bad = track(userId=email, timestamp="2999-01-01T00:00:00Z")
    answer = door.send(door.write_key(), track(userId=email), bad, 7, track(userId="a\x00b"))
    assert answer.status_code == 202
    body = answer.json()
    assert [result["status"] for result in body["results"]] == ["accepted", *["rejected"] * 3]
    assert [result.get("field") for result in body["results"]] == [None, "/timestamp", "", "/userId"]
    id = body["results"][1]["event_id"]
    url = f"/api/engagement/rejected/{id}"
    eventually(lambda: door.call("GET", url).status_code == 200)
    shown = door.call("GET", url).json()
    assert json.loads(shown["raw"])["messageId"] == bad["messageId"]
    assert id in [
        item["id"] for item in door.call("GET", "/api/engagement/rejected?limit=200").json()["items"]
    ]
    assert door.call("POST", f"{url}/replay").status_code == 422
    fixed = bad | {"timestamp": "2026-01-01T00:00:00Z"}
    assert door.call("POST", f"{url}/replay", json={"payload": fixed}).status_code == 202
    assert door.call("POST", f"{url}/replay", json={"payload": fixed}).status_code == 409
    assert len(door.recorded(lead, 2)) == 2
    assert door.call("GET", url, "globex").status_code == 404
    assert door.call("POST", f"{url}/replay", "globex", json={"payload": fixed}).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"", 400, None),
        (b"null", 422, "#/batch"),
        (b"[]", 422, "#/batch"),
        (b'{"batch": 5}', 422, "#/batch"),
        (b'{"batch": []}', 422, "#"),
        (b'{"batch": [], "batch": []}', 422, "#/batch"),
        (b'{"batch": [{"x": NaN}]}', 400, None),
        (b'{"batch": [{"x": 1e999}]}', 400, None),
        (b'\xef\xbb\xbf{"batch": []}', 400, None),
        ('{"batch": []}'.encode("utf-16"), 400, None),
        (b'{"batch": ["\\ud800"]}', 400, None),
        (b"[" * 10_000, 400, None),
        (b'{"batch": [{"type": "track", "event": "x"}]}', 422, "#/batch/0/userId"),
        (b'{"batch": [1], "sentAt": "yesterday"}', 422, "#/sentAt"),
        (b"\x1f\x8bnot gzip", 400, None),
        (gzip.compress(gzip.compress(b'{"batch": []}', mtime=0), mtime=0), 400, None),
        (gzip.compress(b" " * 5_000_000, mtime=0), 413, None),
        (b'{"batch": [' + b"1," * 2_500 + b"1]}", 413, None),
        (b" " * 600_000, 413, None),
    ],
)
def test_a_bad_body_gets_a_problem_that_names_the_place(
    door: Door, body: bytes, status: int, pointer: str | None
) -> None:
    answer = door.http.post("/v1/batch", auth=(door.write_key(), ""), content=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if pointer is not None:
        assert answer.json()["errors"][0]["pointer"] == pointer


def test_gzip_is_known_by_its_bytes_whatever_the_headers_say(door: Door) -> None:
    body = gzip.compress(json.dumps({"batch": [track(userId="u")]}).encode())
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert door.http.post("/v1/batch", auth=(door.write_key(), ""), content=body, headers=headers).is_success


def test_each_call_of_segment_has_its_path(door: Door) -> None:
    headers = {"Authorization": f"Bearer {door.write_key()}"}
    calls: dict[str, dict[str, Any]] = {
        "track": {"event": "Email Opened"},
        "identify": {"traits": {"email": someone()}},
        "page": {"properties": {"path": "/"}},
        "screen": {"name": "Home"},
        "group": {"groupId": "g"},
        "alias": {"previousId": "p"},
    }
    for path, body in calls.items():
        answer = door.http.post(f"/v1/{path}", headers=headers, json={"userId": "u", **body})
        assert answer.status_code == 202, answer.text
        [result] = answer.json()["results"]
        assert result["message_id_generated"]
        assert result["message_id"]


def test_a_single_event_that_is_not_valid_is_refused_by_field(door: Door) -> None:
    auth = (door.write_key(), "")
    answer = door.http.post("/v1/track", auth=auth, json={"userId": "u"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/event")
    large = {"userId": "u", "event": "x", "properties": {"x": "x" * LARGEST_EVENT}}
    assert door.http.post("/v1/track", auth=auth, json=large).status_code == 413


def test_our_own_shape_is_taken_as_a_list_with_a_result_for_each(door: Door) -> None:
    email = someone()
    lead = door.lead(email)
    good = {
        "message_id": "1",
        "type": "track",
        "name": "demo_requested",
        "email": email,
        "occurred_at": 1_780_000_000_000,
    }
    bad = [good | {"tenant_id": "x"}, good | {"message_id": "2", "occurred_at": "soon"}]
    answer = door.http.post("/api/engagement/events", auth=(door.write_key(), ""), json=[good, *bad])
    assert answer.status_code == 202, answer.text
    assert [r.get("field") for r in answer.json()["results"]] == [None, "/tenant_id", "/occurred_at"]
    [event] = door.recorded(lead)
    assert event["kind"] == "demo_requested"
    assert event["occurred_at"] == 1_780_000_000_000


def test_the_table_of_a_source_decides_the_kind(door: Door) -> None:
    email = someone()
    lead = door.lead(email)
    key = door.write_key(
        event_kinds={"Termin gebucht": "demo_requested"}, page_kinds={"/preise": "pricing_page_visited"}
    )
    page = {
        "type": "page",
        "messageId": "p",
        "userId": email,
        "properties": {"url": "https://a.example/preise?x"},
    }
    door.send(key, track("Termin gebucht", userId=email), page)
    told = door.recorded(lead, 2)
    assert {event["kind"] for event in told} == {"demo_requested", "pricing_page_visited"}


@pytest.mark.parametrize(
    "value", ["", "Basic", "Basic !!!", "Basic Og==", "Bearer sk_x", "Digest x", "Bearer " + "a" * 5000]
)
def test_without_a_valid_write_key_nobody_comes_in(door: Door, value: str) -> None:
    answer = door.http.post(
        "/v1/batch", headers={"Authorization": value}, json={"batch": [track(userId="u")]}
    )
    assert answer.status_code == 401
    assert "Basic" in answer.headers["www-authenticate"]


def test_a_write_key_reads_nothing_and_a_sales_rep_makes_none(door: Door) -> None:
    headers = {"Authorization": f"Bearer {door.write_key()}"}
    assert door.http.get("/api/engagement/events", headers=headers).status_code == 401
    assert door.call("POST", "/api/engagement/sources", role="rep", json={"name": "x"}).status_code == 403


def test_a_key_is_rotated_with_an_overlap_and_a_revoked_one_ends(door: Door) -> None:
    source = door.call("POST", "/api/engagement/sources", json={"name": uuid.uuid4().hex}).json()["id"]
    keys = f"/api/engagement/sources/{source}/write-keys"
    old = door.call("POST", keys).json()
    new = door.call("POST", f"{keys}/{old['id']}/rotate", json={"overlap_seconds": 3600}).json()
    event = track(userId="u")
    assert door.send(old["write_key"], event).status_code == 202
    assert door.send(new["write_key"], event).status_code == 202
    assert door.call("POST", f"{keys}/{old['id']}/rotate").status_code == 409
    assert door.call("POST", f"{keys}/{new['id']}/revoke", "globex").status_code == 404
    assert door.call("POST", f"{keys}/{new['id']}/revoke").json()["revoked_at"]
    eventually(lambda: door.send(new["write_key"], event).status_code == 401, seconds=10)
    listed = door.call("GET", keys).json()["items"]
    assert {item["prefix"] for item in listed} == {old["write_key"][:8], new["write_key"][:8]}
    assert new["write_key"] not in json.dumps(listed)


def test_a_browser_may_send_from_the_pages_that_the_source_names_and_from_no_others(door: Door) -> None:
    page, elsewhere = {"Origin": "https://www.acme.example"}, {"Origin": "https://evil.example"}
    key, server_key = door.write_key(origins=[page["Origin"]]), door.write_key()
    asked = door.http.options("/v1/batch", headers={**page, "Access-Control-Request-Method": "POST"})
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == page["Origin"]
    assert "authorization" in asked.headers["access-control-allow-headers"]

    def send(key: str, headers: dict[str, str]) -> httpx.Response:
        body = {"batch": [track(userId="u")]}
        return door.http.post("/v1/batch", auth=(key, ""), json=body, headers=headers)

    taken = send(key, page)
    assert taken.status_code == 202
    assert taken.headers["access-control-allow-origin"] == page["Origin"]
    assert "ratelimit-remaining" in taken.headers
    for refused in (send(key, elsewhere), send(server_key, page)):
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers
    assert send(server_key, {}).status_code == 202


@pytest.mark.parametrize("origin", ["*", "www.acme.example", "https://acme.example/page", "javascript://x"])
def test_an_origin_is_a_scheme_a_host_and_a_port(door: Door, origin: str) -> None:
    body = {"name": uuid.uuid4().hex, "origins": [origin]}
    assert door.call("POST", "/api/engagement/sources", json=body).status_code == 422


def test_the_same_message_id_in_two_tenants_is_two_events(door: Door) -> None:
    email = someone()
    ours, theirs = door.lead(email), door.lead(email, "globex")
    event = track("Demo Requested", userId=email)
    door.send(door.write_key(), event)
    door.send(door.write_key("globex"), event)
    eventually(lambda: door.events(theirs, "globex"))
    eventually(lambda: door.events(ours))
    assert door.events(theirs) == []
    assert door.events(ours)[0]["id"] != door.events(theirs, "globex")[0]["id"]


def test_direct_avro_is_forwarded_under_the_keys_tenant_or_kept(door: Door) -> None:
    email, key = someone(), door.write_key()
    lead = door.lead(email)
    record = {
        "message_id": "m",
        "type": "track",
        "name": "demo_requested",
        "occurred_at": int(time.time() * 1000),
        "email": email,
        "properties": "{}",
    }
    value = door.codec.encode("engagement.inbound", "InboundEvent", record)
    signed = [("x-write-key", key.encode())]
    rows = [
        Sendable("engagement.inbound", b"any", value, signed),
        Sendable("engagement.inbound", b"any", value, [("x-write-key", b"sk_wrong")]),
        Sendable("engagement.inbound", None, b"\x01garbage", signed),
        Sendable("engagement.inbound", b"any", value, signed),
    ]
    assert door.producer.send(rows) == [None] * 4
    [event] = door.recorded(lead)
    assert event["kind"] == "demo_requested"
    listed = eventually(lambda: door.call("GET", "/api/engagement/rejected?limit=200").json()["items"])
    kept = [item for item in listed if item["shape"] == "avro"]
    raw = door.call("GET", f"/api/engagement/rejected/{kept[0]['id']}").json()
    assert raw["raw"] == "\x01garbage"
    letters = door.rows("SELECT cause, headers FROM dead_letters WHERE topic = 'engagement.inbound'")
    assert {cause for cause, _ in letters} == {"write key"}
    assert not any(b"sk_wrong" in headers for _, headers in letters)


def test_a_key_that_is_used_too_fast_is_told_when_to_come_back(door: Door) -> None:
    key, other = door.write_key(), door.write_key()
    batch = [1] * 2_500
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: door.send(key, *batch), range(6)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert int(refused[0].headers["retry-after"]) >= 1
    assert door.send(other, track(userId="u")).status_code == 202
