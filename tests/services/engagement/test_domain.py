"""Kinds, times and who is named: what product.md and reliability.md say, by example and by property."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engagement.domain import (
    BEHAVIOUR,
    BadMapping,
    InvalidEvent,
    Kinds,
    corrected,
    from_own,
    identity_of,
    kind_of,
    once_key,
    path_of,
    read_event,
    read_time,
)

NOW = 1_780_000_000_000
HOUR = 3_600_000
TABLE = Kinds.of({"Signed Up": "demo_requested"}, {"/preise": "pricing_page_visited"})


def track(event: str = "Email Opened", **fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "userId": "u1", "messageId": "m1", **fields}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Email Opened", "email_opened"),
        ("Email Link Clicked", "email_clicked"),
        ("Email Bounced", "email_bounced"),
        ("Unsubscribed", "unsubscribed"),
        ("Demo Requested", "demo_requested"),
        ("Content Downloaded", "content_downloaded"),
        ("Asset Downloaded", "content_downloaded"),
        ("demoRequested", "demo_requested"),
        ("Joined Webinar", "Joined Webinar"),
        ("joined_webinar", "joined_webinar"),
    ],
)
def test_an_event_name_says_the_kind(name: str, kind: str) -> None:
    assert kind_of("track", name, None) == kind


@pytest.mark.parametrize("kind", sorted(BEHAVIOUR))
def test_a_kind_by_its_own_name_is_taken_as_such(kind: str) -> None:
    assert kind_of("track", kind, "/pricing") == kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/pricing", "pricing_page_visited"),
        ("/Pricing/", "pricing_page_visited"),
        ("/pricing/teams", "pricing_page_visited"),
        ("/de/pricing", "pricing_page_visited"),
        ("/pricing-history", "website_visited"),
        ("/careers/engineer", "careers_page_visited"),
        ("/blog/pricing", "website_visited"),
        ("/", "website_visited"),
        (None, "website_visited"),
    ],
)
def test_a_page_is_known_by_its_path(path: str | None, kind: str) -> None:
    assert kind_of("page", None, path) == kind
    assert kind_of("track", "Page Viewed", path) == kind


def test_the_table_of_the_source_comes_before_the_default() -> None:
    assert kind_of("track", "signed_up", None, TABLE) == "demo_requested"
    assert kind_of("page", None, "/Preise/", TABLE) == "pricing_page_visited"
    assert kind_of("page", None, "/pricing", TABLE) == "pricing_page_visited"


@pytest.mark.parametrize(
    ("events", "pages"), [({"a": "No Kind"}, {}), ({"--": "demo_requested"}, {}), ({}, {"pricing": "x"})]
)
def test_a_table_that_could_never_match_is_refused(events: dict[str, str], pages: dict[str, str]) -> None:
    with pytest.raises(BadMapping):
        Kinds.of(events, pages)


@given(st.text(max_size=60), st.none() | st.text(max_size=60))
def test_every_event_has_exactly_one_kind_and_no_kind_or_path_holds_an_address(
    name: str, path: str | None
) -> None:
    for type in ("track", "page", "screen", "identify"):
        kind = kind_of(type, name, path, TABLE)
        assert kind
        assert "@" not in kind
    shown = path_of({"properties": {"path": path}})
    assert shown is None or (shown.startswith("/") and "@" not in shown and "?" not in shown)


def test_the_path_comes_from_properties_or_context_without_its_query() -> None:
    assert path_of({"properties": {"url": "https://acme.example/pricing?utm=1#x"}}) == "/pricing"
    assert path_of({"context": {"page": {"path": "/u/ana@acme.example/home"}}}) == "/u/:person/home"
    assert path_of({"properties": {}}) is None


def test_a_mail_a_link_and_an_asset_are_told_apart() -> None:
    mail = {"email_id": "7"}
    assert once_key("email_opened", mail) == once_key("email_opened", {"email_id": 7})
    assert once_key("email_opened", mail) != once_key("email_opened", {"email_id": "8"})
    assert once_key("email_clicked", mail | {"url": "/a"}) != once_key("email_clicked", mail | {"url": "/b"})
    assert once_key("content_downloaded", {"asset_id": "w"}) is not None
    assert once_key("content_downloaded", {"url": "https://x/w.pdf"}) is not None
    assert once_key("email_opened", {}) is None
    assert once_key("email_clicked", {"url": "/a"}) is None
    assert once_key("website_visited", mail) is None


@given(st.text(min_size=1))
def test_a_once_key_fits_into_a_signed_long(text: str) -> None:
    key = once_key("email_opened", {"email_id": text})
    assert key is not None
    assert -(2**63) <= key < 2**63


@given(
    st.integers(0, 40 * 365 * 24 * HOUR),
    st.integers(-(10**9), 10**9),
    st.integers(0, 60_000),
)
def test_a_wrong_clock_does_not_matter_where_it_says_when_it_sent(age: int, wrong: int, travel: int) -> None:
    """Whatever the sender's clock shows, the age of the event at sending is what counts."""
    sent = NOW + wrong
    assert corrected(sent - age, sent, NOW + travel) == NOW + travel - age


def test_without_a_time_it_happened_as_it_arrived() -> None:
    assert corrected(None, NOW - HOUR, NOW) == NOW


@pytest.mark.parametrize("ahead", [0, 1, 24 * HOUR])
def test_up_to_a_day_ahead_is_taken(ahead: int) -> None:
    assert corrected(NOW + ahead, None, NOW) == NOW + ahead


def test_more_than_a_day_ahead_is_refused_by_name() -> None:
    with pytest.raises(InvalidEvent) as error:
        corrected(NOW + 24 * HOUR + 1, None, NOW)
    assert error.value.pointer == "/timestamp"


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))
def test_a_time_is_read_as_it_was_written(moment: datetime) -> None:
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert read_time(moment.isoformat(), "/t") == expected
    assert read_time(moment.isoformat().replace("+00:00", "Z"), "/t") == expected
    assert read_time(expected, "/t") == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T09:30:00",
        "2026-03-01",
        "0000-01-01T00:00:00Z",
        "2026-06-30T23:59:60Z",
        "2026-03-01T24:00:00Z",
        "2026-02-30T00:00:00Z",
        "yesterday",
        "",
        "２０２６-03-01T09:30:00Z",
        True,
        1.5,
        -1,
        10**30,
        [],
        {},
    ],
)
def test_a_time_that_is_none_is_refused(text: object) -> None:
    with pytest.raises(InvalidEvent):
        read_time(text, "/timestamp")


@pytest.mark.parametrize(
    ("event", "pointer"),
    [
        ([], ""),
        (None, ""),
        ({}, "/type"),
        (track() | {"type": "buy"}, "/type"),
        (track(event=""), "/event"),
        (track() | {"event": 7}, "/event"),
        (track(event="x" * 201), "/event"),
        (track(userId=None), "/userId"),
        (track(userId={"a": 1}), "/userId"),
        (track(userId="a\x00b"), "/userId"),
        (track(anonymousId="\ud800"), "/anonymousId"),
        (track(messageId="m" * 256), "/messageId"),
        (track(messageId=5), "/messageId"),
        (track(properties=[]), "/properties"),
        (track(context="x"), "/context"),
        (track(timestamp="2026-03-01"), "/timestamp"),
        (track(timestamp=NOW + 25 * HOUR), "/timestamp"),
        (track(originalTimestamp="later"), "/originalTimestamp"),
        (track(sentAt="later"), "/sentAt"),
        (track(properties={"email": "nobody"}), "/properties/email"),
        ({"type": "identify", "userId": "u", "traits": {"email": 7}}, "/traits/email"),
        ({"type": "alias", "userId": "u"}, "/previousId"),
        ({"type": "alias", "previousId": "a"}, "/userId"),
        ({"type": "page"}, "/userId"),
    ],
)
def test_a_refusal_names_the_field(event: object, pointer: str) -> None:
    with pytest.raises(InvalidEvent) as error:
        read_event(event, NOW)
    assert error.value.pointer == pointer


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("event", "name", "userId", "anonymousId", "previousId", "messageId", "timestamp", "sentAt")


@given(
    st.sampled_from(["track", "identify", "page", "screen", "group", "alias", "x"]),
    st.dictionaries(st.sampled_from([*FIELDS, "properties", "traits", "context"]), JSON),
)
def test_whatever_is_sent_is_an_event_or_a_named_error(type: str, fields: dict[str, Any]) -> None:
    with suppress(InvalidEvent):
        event = read_event({"type": type, **fields}, NOW)
        assert event.kind
        assert event.identity.strongest_first()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\u0000"}',
        '{"a": "\\ud800"}',
        '{"a":' * 100 + "1" + "}" * 100,
        "[" * 100_000,
    ],
)
def test_properties_in_a_text_are_looked_at_as_closely(text: str) -> None:
    with pytest.raises(InvalidEvent) as error:
        from_own({"name": "x", "user_id": "u", "properties": text})
    assert error.value.pointer == "/properties"


OWN = (
    "type",
    "message_id",
    "name",
    "occurred_at",
    "sent_at",
    "user_id",
    "email",
    "properties",
    "anonymous_id",
)


@given(st.dictionaries(st.sampled_from(OWN), JSON | st.sampled_from(["track", "alias", '{"a": 1}'])))
def test_whatever_is_sent_in_our_own_shape_is_an_event_or_a_named_error(item: dict[str, Any]) -> None:
    with suppress(InvalidEvent):
        assert read_event(from_own(item), NOW).identity.strongest_first()


def test_our_own_shape_says_the_same_as_segments() -> None:
    own = {
        "message_id": "m1",
        "name": "Email Opened",
        "user_id": "u1",
        "occurred_at": NOW,
        "properties": "{}",
    }
    assert read_event(from_own(own), NOW) == read_event(track(timestamp=NOW), NOW)


@pytest.mark.parametrize(("name", "pointer"), [("tenant_id", "/tenant_id"), ("a/b~", "/a~1b~0")])
def test_an_unknown_field_is_named(name: str, pointer: str) -> None:
    with pytest.raises(InvalidEvent) as error:
        from_own({"name": "x", name: 1})
    assert error.value.pointer == pointer


def test_an_address_in_a_custom_event_may_be_a_colleagues() -> None:
    invited = track("Invited Colleague", properties={"email": "bob@acme.example"})
    asked = track("Demo Requested", properties={"email": "ana@acme.example"})
    assert identity_of(invited, "Invited Colleague").email is None
    assert identity_of(asked, "demo_requested").email == "ana@acme.example"


def test_a_user_id_that_is_an_address_names_the_person() -> None:
    assert identity_of(track(userId="ana@acme.example"), "email_opened").email == "ana@acme.example"
