"""A fold for tests: adds amounts of two topics, reminds by timer, and tells lost and doubled events apart."""

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_OID, uuid5

import msgpack

from chassis.avro import Codec
from chassis.catalogue import Catalogue
from chassis.streams import Fold, Message, Outputs, Store

TENANT = str(uuid5(NAMESPACE_OID, "acme"))
CONTRACT = Path(__file__).parent / "contract"
PAID, REFUNDED, TICK = "sums.paid", "sums.refunded", "sums.tick"
TOTAL, STATE, DEAD, REPAIR = "sums.total", "sums.state", "sums.dead-letter", "sums.repair"


class Account(NamedTuple):
    """State of one account."""

    total: int
    moves: int
    next_paid: int
    next_refunded: int
    lost: int
    doubled: int
    remind_at: int | None
    epoch: int
    sequence: int


EMPTY = Account(0, 0, 0, 0, 0, 0, None, 0, 0)


class Sums:
    """`paid` adds and `refunded` takes away; an amount of 13 cannot be applied."""

    refused = 13
    source = "/sums"

    def __init__(self, prefix: str = "sums") -> None:
        self.name = prefix
        self.paid, self.total = f"{prefix}.paid", f"{prefix}.total"
        self.inputs = (self.paid, f"{prefix}.refunded")
        self.changelog = f"{prefix}.state"
        self.repair = f"{prefix}.repair"
        self.dead_letter = f"{prefix}.dead-letter"
        self.ticks = f"{prefix}.tick"
        self.outputs = (self.total,)

    def apply(self, message: Message, store: Store[Account], out: Outputs) -> None:
        """Adds one movement. A repaired one is late: its number says nothing."""
        record = message.record
        state = store.get(message.key) or EMPTY
        if record["amount"] == self.refused:
            store.put(message.key, state._replace(total=-1))
            raise ValueError("thirteen")
        paid = message.topic == self.paid
        due = state.next_paid if paid else state.next_refunded
        moved = state._replace(
            total=state.total + (record["amount"] if paid else -record["amount"]),
            moves=state.moves + 1,
            remind_at=record["remind_at"] or state.remind_at,
        )
        if not message.repaired:
            counted = {"next_paid" if paid else "next_refunded": max(due, record["n"] + 1)}
            moved = moved._replace(
                **counted, lost=state.lost + (record["n"] > due), doubled=state.doubled + (record["n"] < due)
            )
        self._tell(message.key, moved, record["event_id"], store, out)

    def timer(self, key: bytes, now: int, store: Store[Account], out: Outputs) -> None:
        """Reminds once."""
        state = store.get(key) or EMPTY
        if state.remind_at == self.refused:
            return
        self._tell(key, state._replace(remind_at=None), f"reminder:{state.remind_at}:{now}", store, out)

    def _tell(self, key: bytes, state: Account, cause: str, store: Store[Account], out: Outputs) -> None:
        sequence = state.sequence + 1 if state.epoch == store.epoch else 1
        state = state._replace(epoch=store.epoch, sequence=sequence)
        store.put(key, state)
        id = str(uuid5(NAMESPACE_OID, f"total/{key!r}/{cause}"))
        total = {
            "event_id": id,
            "tenant_id": key[:36].decode(),
            "epoch": state.epoch,
            "sequence": sequence,
            "cause": cause,
            "total": state.total,
            "count": state.moves,
        }
        out.send(self.total, key, "Total", total, id)

    def pack(self, state: Account) -> bytes:
        """Format 1."""
        packed: bytes = msgpack.packb((1, *state))
        return packed

    def unpack(self, raw: bytes) -> Account:
        """Format 1."""
        return Account(*msgpack.unpackb(raw)[1:])

    def due(self, state: Account) -> int | None:
        """The reminder."""
        return state.remind_at


def check(fold: Fold[Account]) -> Fold[Account]:
    """For the type checker."""
    return fold


def account(number: int) -> bytes:
    """Key of an account."""
    return f"{TENANT}:{number}".encode()


def moved(n: int, amount: int, *, id: str | None = None, remind_at: int | None = None) -> dict[str, Any]:
    """A movement."""
    return {
        "event_id": id or f"e{n}-{amount}",
        "tenant_id": TENANT,
        "n": n,
        "amount": amount,
        "remind_at": remind_at,
    }


def offline_codec(catalogue: Catalogue) -> Codec:
    """A codec whose ids no registry gave."""
    return Codec(catalogue, {t.subject(r): (i,) for i, (t, r) in enumerate(catalogue.subjects(), 1)})


def catalogue(prefix: str = "sums") -> Catalogue:
    """The contract with topics of another prefix, so that each test has its own."""
    found = Catalogue.load(CONTRACT)
    topics = (replace(t, name=t.name.replace("sums", prefix, 1)) for t in found.topics.values())
    return Catalogue({topic.name: topic for topic in topics})
