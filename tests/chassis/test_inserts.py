"""Rows of many kinds, written by one statement."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Model, UnitOfWork, insert_fresh, keep_newest, write_plain
from tests.chassis.sample.world import ACME, ZENITH, World
from tests.services.statements import statements


class Tally(Model):
    """The sample's table, as a model."""

    __tablename__ = "tallies"
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[str] = mapped_column(primary_key=True)
    trail: Mapped[str]
    version: Mapped[int]


class Parked(Model):
    """Keys that wait, as a model."""

    __tablename__ = "parked_keys"
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    group_name: Mapped[str] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(primary_key=True)


def row(lead: str, trail: str, version: int = 1, tenant: UUID = ACME) -> dict[str, Any]:
    """A row by column."""
    return {"tenant_id": tenant, "lead_id": lead, "trail": trail, "version": version}


def stored(uow: UnitOfWork) -> dict[str, tuple[str, int]]:
    """What there is."""
    asked = select(Tally.lead_id, Tally.trail, Tally.version)
    return {lead: (trail, version) for lead, trail, version in uow.session.execute(asked)}


@pytest.fixture
def known(world: World) -> World:
    """A world in which one lead has a tally."""
    with world.unit() as uow:
        write_plain(uow.session, insert={Tally: [row("lea", "1")]})
    return world


def test_new_rows_are_inserted_and_known_ones_are_an_error(known: World) -> None:
    with pytest.raises(IntegrityError), known.unit() as uow:
        write_plain(uow.session, insert={Tally: [row("leo", "1"), row("lea", "9")]})
    with known.unit() as uow:
        assert stored(uow) == {"lea": ("1", 1)}


def test_a_row_that_is_kept_stays_as_it_is(known: World) -> None:
    with known.unit() as uow:
        write_plain(uow.session, keep={Tally: [row("leo", "1"), row("lea", "9")]})
        assert stored(uow) == {"lea": ("1", 1), "leo": ("1", 1)}


def test_a_row_that_is_replaced_becomes_the_given_one(known: World) -> None:
    with known.unit() as uow:
        write_plain(uow.session, replace={Tally: [row("leo", "1"), row("lea", "9", 9)]})
        assert stored(uow) == {"lea": ("9", 9), "leo": ("1", 1)}


def test_an_update_sets_what_is_given_and_passes_over_what_is_not_there(known: World) -> None:
    given = [{"tenant_id": ACME, "lead_id": lead, "version": 7} for lead in ("lea", "nobody")]
    with known.unit() as uow:
        write_plain(uow.session, update={Tally: given})
        assert stored(uow) == {"lea": ("1", 7)}


def test_of_rows_that_may_be_there_the_new_ones_are_told(known: World) -> None:
    with known.unit() as uow:
        told = insert_fresh(uow.session, Tally, [row("lea", "9"), row("leo", "1")], "lead_id")
        assert [found.lead_id for found in told] == ["leo"]
        assert insert_fresh(uow.session, Tally, [], "lead_id") == []


def test_a_row_of_another_tenant_is_refused(known: World) -> None:
    with pytest.raises(Exception, match="row-level security"), known.unit() as uow:
        write_plain(uow.session, replace={Tally: [row("lea", "9", tenant=ZENITH)]})


def test_all_ways_of_writing_are_one_statement(known: World) -> None:
    with known.unit() as uow:
        asked: list[str] = []
        event.listen(uow.session.connection(), "before_cursor_execute", lambda *given: asked.append(given[2]))
        moved = {"tenant_id": ACME, "lead_id": "lea", "version": 7}
        write_plain(uow.session, insert={Tally: [row("leo", "1")]}, update={Tally: [moved]})
        assert len(asked) == 1
        assert stored(uow) == {"lea": ("1", 7), "leo": ("1", 1)}


def test_of_what_others_tell_the_newest_is_kept_and_what_changed_is_told(known: World) -> None:
    told = [row("leo", "2", 2), row("leo", "3", 3), row("leo", "1", 1), row("lea", "older", 0)]
    with known.unit() as uow:
        changed = keep_newest(uow, Tally, told, "lead_id", "trail")
        assert [tuple(one) for one in changed] == [("leo", "3")]
        assert stored(uow) == {"lea": ("1", 1), "leo": ("3", 3)}
        assert keep_newest(uow, Tally, [*told, row("lea", "same", 1)], "lead_id") == []
        assert keep_newest(uow, Tally, []) == []


def test_a_column_of_bytes_is_read_back_as_it_was_given(world: World) -> None:
    given = {"tenant_id": ACME, "topic": "leads.lead", "key": b"\\x00\x00\xff", "group_name": "tally"}
    with world.unit() as uow:
        write_plain(uow.session, insert={Parked: [given]})
        assert uow.session.scalars(select(Parked.key)).all() == [given["key"]]


def test_what_a_unit_adds_in_passing_is_stored_at_its_end_by_one_statement(known: World) -> None:
    with statements() as sent, known.unit() as uow:
        uow.add_plain(Tally, row("leo", "1"))
        uow.add_plain(Tally, row("lia", "1"))
        uow.add_plain(Tally, row("lea", "9"), keep=True)
        assert sent == []
    assert len(sent) == 1
    with known.unit() as uow:
        assert stored(uow) == dict.fromkeys(("lea", "leo", "lia"), ("1", 1))
