import pytest

from chassis.headers import LARGEST, BadHeaders, TenantMismatch, agreed_tenant, cloud_event, parse

TENANT = "7c1b2a3e-5d5f-5f0e-9a49-6b1f0c2d3e4f"
KEY = f"{TENANT}:lead"


def test_an_event_carries_what_is_known_of_it_and_nothing_else() -> None:
    raw = cloud_event(id="e1", type="salescompass.leads.LeadCreated", source="/leads", tenant=TENANT)
    assert parse(raw) == {
        "ce_id": "e1",
        "ce_source": "/leads",
        "ce_type": "salescompass.leads.LeadCreated",
        "ce_specversion": "1.0",
        "tenantid": TENANT,
    }


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        ([], "ce_id is missing"),
        ([("ce_id", b"")], "ce_id is missing"),
        ([("ce_id", None)], "ce_id is missing"),
        ([("ce_id", b"a"), ("ce_id", b"b")], "twice"),
        ([("ce_id", b"a"), ("tenantid", b"a"), ("tenantid", b"a")], "twice"),
        ([("ce_id", b"\xff\xfe")], "not UTF-8"),
        ([("ce_id", b"a"), ("huge", b"x" * LARGEST)], "bytes"),
        (None, "ce_id is missing"),
    ],
)
def test_bad_headers_are_refused_with_their_cause(
    raw: list[tuple[str, bytes | str | None]] | None, cause: str
) -> None:
    with pytest.raises(BadHeaders, match=cause):
        parse(raw)


def test_foreign_headers_may_be_double_or_binary() -> None:
    raw = [("ce_id", b"a"), ("x", b"1"), ("x", b"2"), ("__value_schema_id", b"\x00\x00\x00\xff\xfe")]
    assert parse(raw) == {"ce_id": "a", "x": "2"}


def test_key_payload_and_header_agree_on_the_tenant() -> None:
    record = {"tenant_id": TENANT}
    assert agreed_tenant(KEY, record, {"tenantid": TENANT}) == TENANT
    assert agreed_tenant(KEY, record, {}) == TENANT
    assert agreed_tenant("clock", {"time": 0}, {}) is None


@pytest.mark.parametrize(("key", "header"), [("other:lead", TENANT), (KEY, "other"), ("", TENANT)])
def test_a_foreign_tenant_is_found(key: str, header: str) -> None:
    with pytest.raises(TenantMismatch):
        agreed_tenant(key, {"tenant_id": TENANT}, {"tenantid": header})
