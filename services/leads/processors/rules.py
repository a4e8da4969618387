"""A tenant's published rule sets: which is in force, which come later (F17)."""

from collections.abc import Mapping
from typing import Any

from chassis.streams import RESERVED, Record, Store
from services.leads.processors.kept import Published, Rules, Scored
from services.leads.scoring import Rule, RuleSet

RULES = RESERVED + b"rules:"
"""Before the tenant: the key of its rule sets."""


def publish(key: bytes, record: Record, store: Store[Scored | Rules]) -> None:
    """Keeps a tenant's new set; where it is in force already, its leads are rescored at once (F17)."""
    held = store.get(key)
    before = held if isinstance(held, Rules) else Rules(None, (), None)
    known = {one.rules.version for one in (before.in_force, *before.coming) if one}
    rules = RuleSet(record["rules_version"], tuple(_rule(rule) for rule in record["rules"]))
    if rules.version in known:
        return
    one = Published(record["effective_at"], record["event_id"], rules)
    coming = sorted((*before.coming, one), key=_turn)
    after = in_force(before._replace(coming=tuple(coming)), max(store.now, record["occurred_at"]))
    store.put(key, after)
    if after.rescored is not None:
        store.wake(key)


def in_force(held: Rules, now: int) -> Rules:
    """The sets with the one in force that has the latest effective time up to `now`."""
    passed = [one for one in held.coming if one.effective_at <= now]
    if not passed:
        return held
    later = tuple(one for one in held.coming if one.effective_at > now)
    newest = passed[-1]
    if held.in_force is not None and _turn(held.in_force) > _turn(newest):
        return held._replace(coming=later)
    return Rules(newest, later, b"")


def _turn(one: Published) -> tuple[int, int]:
    return one.effective_at, one.rules.version


def _rule(record: Mapping[str, Any]) -> Rule:
    rest = {name: value for name, value in record.items() if name not in ("rule", "values")}
    return Rule(key=record["rule"], values=tuple(record["values"]), **rest)
