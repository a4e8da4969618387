"""Rule sets: what gives points and within which limits. Values only; no state, no time."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Fact = bool | int | float | str | None
"""A value of a lead's fact map."""

FIT, ENGAGEMENT = "fit", "engagement"
ADJUSTMENT = "adjustment"
"""Rule key of points given by hand; no rule of a set may have it."""

OPERATORS = ("eq", "in", "gt", "lt", "contains", "exists")
DAY = 86_400_000
HOUR = 3_600


class InvalidRules(ValueError):
    """A list of rules that cannot be: `faults` has index of the rule, field, and what is wrong with it."""

    def __init__(self, faults: list[tuple[int, str, str]], of: str = "rules") -> None:
        super().__init__("; ".join(f"{of}[{index}].{name}: {what}" for index, name, what in faults))
        self.faults = faults
        self.extra = {
            "errors": [
                {
                    "pointer": f"#/{of}/{index}/{'rule' if (of, name) == ('rules', 'key') else name}",
                    "detail": what,
                }
                for index, name, what in faults
            ]
        }
        """The same for an answer."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Points for a fact (`field`, `operator`, `values`) or for events of a kind (`event_kind`) (F10-F15).

    Limits are for events: `max_per_day` and `max_total` in counted events, `cool_down`, `half_life` and
    `expiry` in seconds.
    """

    key: str
    category: str
    points: int
    event_kind: str | None = None
    field: str | None = None
    operator: str | None = None
    values: tuple[str, ...] = ()
    once_per_key: bool = False
    max_per_day: int | None = None
    max_total: int | None = None
    cool_down: int | None = None
    half_life: int | None = None
    expiry: int | None = None

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Whether the facts fulfil the rule's condition (F11)."""
        return holds(facts.get(self.field or ""), self.operator or "exists", self.values)


def holds(value: Fact, operator: str, operands: tuple[str, ...]) -> bool:
    """Whether a fact fulfils a condition; one that is not there fulfils none (F11)."""
    return value is not None and _CHECKS[operator](value, operands)


def _text(value: Fact) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).strip().casefold()


def _number(value: Fact | str) -> float | None:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _equal(value: Fact, operands: tuple[str, ...]) -> bool:
    return _text(value) in {_text(o) for o in operands}


def _greater(value: Fact, operands: tuple[str, ...]) -> bool:
    a, b = _number(value), _number(operands[0])
    return a is not None and b is not None and a > b


def _less(value: Fact, operands: tuple[str, ...]) -> bool:
    a, b = _number(value), _number(operands[0])
    return a is not None and b is not None and a < b


def _contains(value: Fact, operands: tuple[str, ...]) -> bool:
    return any(_text(o) in _text(value) for o in operands)


def _there(value: Fact, operands: tuple[str, ...]) -> bool:
    return True


_CHECKS: dict[str, Callable[[Fact, tuple[str, ...]], bool]] = {
    "eq": _equal,
    "in": _equal,
    "gt": _greater,
    "lt": _less,
    "contains": _contains,
    "exists": _there,
}


class Counted(NamedTuple):
    """A rule over events as the hot loop reads it; times in milliseconds."""

    key: str
    version: int
    category: str
    points: int
    once: bool
    max_per_day: int | None
    max_total: int | None
    cool_down: int | None
    half_life: int | None
    expiry: int | None
    decays: bool


@dataclass(frozen=True)
class RuleSet:
    """A version of a tenant's rules, and how far back evidence is kept one by one.

    Events older than `horizon` milliseconds, or beyond the newest `max_events`, are sealed.
    """

    version: int
    rules: tuple[Rule, ...]
    horizon: int = 400 * DAY
    max_events: int = 2_000
    by_kind: dict[str, tuple[Counted, ...]] = field(init=False, repr=False, compare=False)
    by_key: dict[str, Rule] = field(init=False, repr=False, compare=False)
    over_facts: tuple[Rule, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kinds: dict[str, list[Counted]] = {}
        for rule in self.rules:
            if rule.event_kind is not None:
                kinds.setdefault(rule.event_kind, []).append(self.counted(rule))
        object.__setattr__(self, "by_kind", {kind: tuple(rules) for kind, rules in kinds.items()})
        object.__setattr__(self, "by_key", {rule.key: rule for rule in self.rules})
        object.__setattr__(self, "over_facts", tuple(r for r in self.rules if r.event_kind is None))

    def counted(self, rule: Rule) -> Counted:
        """The rule with its times in milliseconds."""
        cool_down, half_life, expiry = (
            None if seconds is None else seconds * 1_000
            for seconds in (rule.cool_down, rule.half_life, rule.expiry)
        )
        limits = (rule.once_per_key, rule.max_per_day, rule.max_total, cool_down, half_life, expiry)
        decays = half_life is not None or expiry is not None
        return Counted(rule.key, self.version, rule.category, rule.points, *limits, decays)


def check(rules: Iterable[Rule]) -> None:
    """Raises InvalidRules with every fault of the rules: what they are over, operands, limits, keys."""
    refuse_faulty((rule.key, _faults(rule)) for rule in rules)


def refuse_faulty(rules: Iterable[tuple[str, Iterable[tuple[str, str]]]], of: str = "rules") -> None:
    """Raises InvalidRules with every fault of these keys and their faults; a key may be there once."""
    faults: list[tuple[int, str, str]] = []
    seen: set[str] = set()
    for index, (key, found) in enumerate(rules):
        faults += [(index, name, what) for name, what in found]
        if key in seen:
            faults.append((index, "key", f"{key} is there twice"))
        seen.add(key)
    if faults:
        raise InvalidRules(faults, of)


def _faults(rule: Rule) -> Iterable[tuple[str, str]]:
    if rule.key == ADJUSTMENT:
        yield "key", "adjustment is the key of points given by hand"
    if rule.category not in (FIT, ENGAGEMENT):
        yield "category", "must be fit or engagement"
    if (rule.event_kind is None) == (rule.field is None):
        yield "event_kind", "a rule is over events of a kind or over a field: give exactly one"
    if rule.event_kind is None:
        yield from condition_faults(rule.operator, rule.values)
        if rule.once_per_key or rule.max_per_day or rule.max_total or rule.cool_down:
            yield "field", "limits are for events, not for fields"
    for name in ("max_per_day", "max_total", "cool_down", "half_life", "expiry"):
        limit = getattr(rule, name)
        if limit is not None and limit <= 0:
            yield name, "must be greater than 0"


def condition_faults(operator: str | None, operands: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    """What is wrong with a condition over a field: place and fault."""
    if operator not in OPERATORS:
        yield "operator", f"must be one of {', '.join(OPERATORS)}"
    elif operator != "exists" and not operands:
        yield "values", f"{operator} needs a value"
    if operator in ("gt", "lt") and operands and _number(operands[0]) is None:
        yield "values", "must be a number"


def _profile(key: str, points: int, name: str, operator: str, *values: str) -> Rule:
    return Rule(key, FIT, points, field=name, operator=operator, values=values)


def default_rules(version: int = 1) -> RuleSet:
    """The table of the product (F10-F14); version 1 of every tenant that has published none."""
    month = 30 * 24 * HOUR
    return RuleSet(
        version,
        (
            _profile("email_present", 10, "has_email", "eq", "true"),
            _profile("phone_present", 10, "has_phone", "eq", "true"),
            _profile("company_present", 10, "has_company", "eq", "true"),
            _profile("industry", 15, "industry", "in", "technology", "finance"),
            _profile("company_size", 10, "company_size", "in", "enterprise", "mid_market"),
            Rule("email_opened", ENGAGEMENT, 5, "email_opened", once_per_key=True, max_per_day=10),
            Rule("email_clicked", ENGAGEMENT, 5, "email_clicked", once_per_key=True),
            Rule("website_visited", ENGAGEMENT, 2, "website_visited", max_per_day=10),
            Rule("content_downloaded", ENGAGEMENT, 10, "content_downloaded", once_per_key=True),
            Rule("pricing_page_visited", ENGAGEMENT, 20, "pricing_page_visited", cool_down=month),
            Rule("demo_requested", ENGAGEMENT, 25, "demo_requested", cool_down=month),
            Rule("email_bounced", ENGAGEMENT, -10, "email_bounced", max_per_day=1),
            Rule("unsubscribed", ENGAGEMENT, -20, "unsubscribed", max_per_day=1),
            Rule("careers_page_visited", ENGAGEMENT, -5, "careers_page_visited", max_per_day=1),
        ),
    )
