"""An alert is stored once, told to the right people, acknowledged, escalated, resolved."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.colleagues import EVERYTHING
from chassis.ids import new_id
from services.notifications import commands, queries
from services.notifications.domain import AlreadyResolved, NotFound, UnknownAlert
from services.notifications.queries import AlertView, Wanted
from tests.services.notifications.conftest import GLOBEX, House


def alerts(house: House, wanted: Wanted | None = None) -> list[AlertView]:
    """All alerts of ACME that are wanted."""
    found: list[AlertView] = house.run(
        lambda uow: queries.list_alerts(uow, house.vault, EVERYTHING, wanted or Wanted(), None, 50)
    )
    return found


def inbox(house: House, user: UUID) -> list[queries.ItemView]:
    """What a person of ACME sees."""
    found: list[queries.ItemView] = house.run(
        lambda uow: queries.list_inbox(uow, house.vault, user, None, None, 50)
    )
    return found


def test_an_alert_that_is_told_three_times_is_one_alert_one_item_and_one_mail(house: House) -> None:
    ana = house.person("ana", "rep")
    jane = house.lead("Jane", ana)
    record = house.raised(jane, ana)
    for _ in range(2):
        house.run(lambda uow: commands.store_alerts(uow, [record]))
    assert [(a.kind, a.subject, a.summary) for a in alerts(house)] == [
        ("high_value", "Jane Doe", "score 92 is above 85")
    ]
    assert len(inbox(house, ana)) == 1
    assert house.rows("SELECT channel, state FROM messages") == [("email", "queued")]


def test_the_same_cause_under_another_id_is_still_one_alert(house: House) -> None:
    jane = house.lead("Jane", None)
    record = house.raised(jane, None)
    house.run(lambda uow: commands.store_alerts(uow, [record | {"alert_id": str(jane)}]))
    assert len(alerts(house)) == 1


def test_the_managers_get_what_has_no_owner_or_whose_owner_has_left(house: House) -> None:
    max_, ana = house.person("max", "manager"), house.person("ana", "rep", active=False)
    house.raised(house.lead("Jane", None), None)
    house.raised(house.lead("John", ana), ana)
    assert sorted(item.alert.subject for item in inbox(house, max_)) == ["Jane Doe", "John Doe"]
    assert inbox(house, ana) == []


def test_an_alert_that_can_wait_is_not_mailed(house: House) -> None:
    ana = house.person("ana", "rep")
    house.raised(
        house.lead("Jane", ana), ana, kind="stagnation", severity="warning", score=None, threshold=None
    )
    assert [item.alert.summary for item in inbox(house, ana)] == ["qualified for more than 7 days"]
    assert house.rows("SELECT * FROM messages") == []


def test_a_replay_of_the_log_mails_nobody(house: House) -> None:
    ana = house.person("ana", "rep")
    jane = house.lead("Jane", ana)
    house.clock.advance(timedelta(days=30))
    record = house.raised(jane, ana)
    old = record["recorded_at"] - 25 * 3_600_000
    house.raised(jane, ana, alert_id=str(jane), cause="85:later", recorded_at=old)
    assert sorted(house.rows("SELECT state FROM messages")) == [("queued",), ("suppressed",)]


def test_an_alert_is_acknowledged_once_and_says_so(house: House) -> None:
    record = house.raised(house.lead("Jane", None), None)
    id = UUID(record["alert_id"])
    for _ in range(2):
        house.run(lambda uow: commands.acknowledge_alert(uow, id))
    found = alerts(house, Wanted(state="acknowledged"))
    assert [a.acknowledged_by for a in found] == ["system:test"]
    sent = house.rows("SELECT value FROM outbox WHERE topic = 'notifications.alert'")
    names = [house.codec.decode("notifications.alert", bytes(value))[1]["alert_id"] for (value,) in sent]
    assert names == [str(id)]


def test_a_table_built_anew_from_the_log_knows_what_was_acknowledged(house: House) -> None:
    record = house.raised(house.lead("Jane", None), None)
    named = {"alert_id": record["alert_id"], "subject_id": record["subject_id"]}
    for _ in range(2):
        house.hear("notifications.alert", "AlertAcknowledged", actor="user:ana", **named)
    assert [(a.state, a.acknowledged_by) for a in alerts(house)] == [("acknowledged", "user:ana")]


def test_a_resolved_alert_cannot_be_acknowledged_and_stays_resolved(house: House) -> None:
    record = house.raised(house.lead("Jane", None), None)
    over = {"alert_id": record["alert_id"], "reason": "score_fell", "resolved_at": record["raised_at"] + 1}
    for _ in range(2):
        house.run(lambda uow: commands.resolve_alert(uow, over))
    house.run(lambda uow: commands.store_alerts(uow, [record]))
    assert [(a.state, a.resolved_reason) for a in alerts(house)] == [("resolved", "score_fell")]
    with pytest.raises(AlreadyResolved):
        house.run(lambda uow: commands.acknowledge_alert(uow, UUID(record["alert_id"])))


def test_an_escalation_raises_the_level_and_tells_the_manager_of_the_owner(house: House) -> None:
    max_ = house.person("max", "manager")
    ana = house.person("ana", "rep", manager_id=str(max_))
    record = house.raised(house.lead("Jane", ana), ana, kind="conversion_overdue", severity="warning")

    def escalate(level: int) -> dict[str, Any]:
        week = record["raised_at"] + level * 7 * 86_400_000
        return {"alert_id": record["alert_id"], "level": level, "escalated_at": week, "owner_id": str(ana)}

    for level in (1, 2, 1):
        house.run(lambda uow, level=level: commands.escalate_alert(uow, escalate(level)))  # type: ignore[misc]
    assert [a.level for a in alerts(house)] == [2]
    assert [(item.state, item.alert.level) for item in inbox(house, max_)] == [("unread", 2)]


def test_what_is_said_of_an_alert_that_was_never_raised_is_an_error(house: House) -> None:
    unknown = {"alert_id": str(GLOBEX), "reason": "score_fell", "resolved_at": 1}
    with pytest.raises(UnknownAlert):
        house.run(lambda uow: commands.resolve_alert(uow, unknown))


def test_globex_sees_nothing_of_acme(house: House) -> None:
    ana = house.person("ana", "rep")
    record = house.raised(house.lead("Jane", ana), ana)
    everything = house.run(
        lambda uow: queries.list_alerts(uow, house.vault, EVERYTHING, Wanted(), None, 50), GLOBEX
    )
    assert everything == []
    with pytest.raises(NotFound):
        house.run(lambda uow: commands.acknowledge_alert(uow, UUID(record["alert_id"])), GLOBEX)


def test_an_erased_person_is_no_longer_named(house: House) -> None:
    jane = house.lead("Jane", None)
    house.raised(jane, None)
    house.run(lambda uow: house.vault.erase(uow, jane))
    assert [a.subject for a in alerts(house)] == ["erased person"]


def test_why_a_lead_was_given_to_somebody_goes_with_the_person(house: House) -> None:
    ana = house.person("ana", "rep")
    jane, zoe = house.lead("Jane", ana), house.lead("Zoe", ana)
    for lead in (jane, zoe):
        given = {"event_id": str(new_id()), "reason": "Jane Doe called.", "actor": "user:max"}
        house.hear("leads.lead", "LeadAssigned", lead_id=str(lead), owner_id=str(ana), **given)
    for _ in range(2):
        house.hear("leads.lead", "LeadErased", lead_id=str(jane))
    said = {alert.subject_id: alert.summary for alert in alerts(house)}
    assert said == {
        jane: "assigned: the reason was erased with the person",
        zoe: "assigned: Jane Doe called.",
    }


def test_a_list_goes_on_where_its_page_ended(house: House) -> None:
    names = ["Jane", "John", "Judy", "Jack", "Joan"]
    for name in names:
        house.clock.advance(timedelta(minutes=1))
        house.raised(house.lead(name, None), None)
    first = house.run(lambda uow: queries.list_alerts(uow, house.vault, EVERYTHING, Wanted(), None, 3))
    after = (first[-1].raised_at, first[-1].id)
    rest = house.run(lambda uow: queries.list_alerts(uow, house.vault, EVERYTHING, Wanted(), after, 3))
    assert [a.subject.split()[0] for a in [*first, *rest]] == names[::-1]


def test_everyone_tends_their_own_inbox(house: House) -> None:
    ana, max_ = house.person("ana", "rep"), house.person("max", "manager")
    house.raised(house.lead("Jane", ana), ana)
    (item,) = inbox(house, ana)

    def unread(user: UUID) -> int:
        counts: dict[str, int] = house.run(lambda uow: queries.unread_counts(uow, user))
        return counts["urgent"]

    assert (unread(ana), unread(max_)) == (1, 0)
    house.run(lambda uow: commands.set_item_state(uow, ana, item.id, "read"))
    assert unread(ana) == 0
    house.run(lambda uow: commands.set_item_state(uow, ana, item.id, "archived"))
    assert inbox(house, ana) == []
    with pytest.raises(NotFound):
        house.run(lambda uow: commands.set_item_state(uow, max_, item.id, "read"))


def test_a_lead_is_as_its_newest_event_says(house: House) -> None:
    jane = house.lead("Jane", None)
    changed = {"lead_id": str(jane), "version": 3, "status": "qualified", "owner_id": None}
    house.run(lambda uow: commands.store_statuses(uow, [changed]))
    house.run(lambda uow: commands.store_statuses(uow, [changed | {"version": 2, "status": "contacted"}]))
    assert house.rows("SELECT version, status FROM leads") == [(3, "qualified")]
