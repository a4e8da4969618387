"""Who gets a lead: rules in order, people who are there and have room, everybody in turn (F40-F42)."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import tenant_id, user_id
from services.leads.assignment import (
    DEFAULT_RULES,
    NOBODY_MATCHES,
    Assignment,
    Candidate,
    Condition,
    Person,
    Rule,
    Territory,
    assign,
    assign_all,
    check,
    check_territories,
    territory_of,
)
from services.leads.scoring import InvalidRules

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ANA, BEN, CID, EVA, MAX = (user_id(tenant_id("acme"), login) for login in ("ana", "ben", "cid", "eva", "max"))
INITECH = UUID(int=7)
TECH = Candidate({"industry": "technology", "country": "AT", "company_size": "enterprise"})


def owner(
    people: Sequence[Person], lead: Candidate = TECH, rules: Sequence[Rule] = DEFAULT_RULES
) -> UUID | None:
    """Who gets the lead."""
    return assign(rules, people, lead, NOON).owner


def test_the_manager_of_the_linked_account_comes_first_however_much_there_is_to_do() -> None:
    eva = Person(EVA, frozenset({"account_manager"}), accounts=frozenset({INITECH}), capacity=1, open=9)
    linked = Candidate(account=INITECH)
    given = assign(DEFAULT_RULES, [Person(ANA), eva], linked, NOON)
    assert (given.owner, given.rule, given.reason) == (
        EVA,
        "linked_account",
        "Manager of the linked account.",
    )
    by_hand = Candidate(account=INITECH, entered_by=ANA)
    assert owner([Person(ANA), eva], by_hand) == EVA


def test_a_rep_owns_what_they_enter() -> None:
    given = assign(DEFAULT_RULES, [Person(ANA, open=50), Person(BEN)], Candidate(entered_by=ANA), NOON)
    assert (given.owner, given.rule, given.turn) == (ANA, "by_hand", None)


def test_then_comes_whoever_works_in_the_territory() -> None:
    people = [Person(ANA), Person(BEN, open=9, territories=frozenset({"dach"}))]
    given = assign(DEFAULT_RULES, people, Candidate({"territory": "dach"}), NOON)
    assert (given.owner, given.rule) == (BEN, "territory")
    assert given.reason == "Rep of the territory dach: first of 1 by open work."
    assert owner(people, Candidate({"territory": "iberia"})) == ANA


def test_the_first_rule_that_fits_and_finds_somebody_decides() -> None:
    expert = Rule("tech", "users", (Condition("industry", "in", ("technology",)),), users=(MAX,))
    south = Rule("south", "team", (Condition("company_size", "eq", ("enterprise",)),), team="south")
    rules = [expert, south, *DEFAULT_RULES]
    people = [Person(ANA), Person(BEN, team="south"), Person(MAX, frozenset({"manager"}), active=False)]
    assert owner(people, TECH, rules) == BEN
    assert owner([*people[:2], Person(MAX, frozenset({"manager"}))], TECH, rules) == MAX
    assert owner(people, Candidate({"industry": "retail"}), [expert, south]) is None


CONDITIONS = [
    ("eq", ("at",), True),
    ("in", ("DE", "AT"), True),
    ("contains", ("a",), True),
    ("exists", (), True),
    ("eq", ("DE",), False),
    ("gt", ("1",), False),
]


@pytest.mark.parametrize(("operator", "values", "fits"), CONDITIONS)
def test_conditions_speak_the_language_of_the_scoring_rules(
    operator: str, values: tuple[str, ...], fits: bool
) -> None:
    assert Rule("r", "reps", (Condition("country", operator, values),)).fits(TECH.facts) is fits
    assert not Rule("r", "reps", (Condition("region", operator, values),)).fits(TECH.facts)


AWAY = [
    (NOON - DAY, NOON + DAY, True),
    (None, NOON + DAY, True),
    (NOON - DAY, None, True),
    (NOON, NOON + DAY, True),
    (NOON - DAY, NOON, False),
    (NOON + DAY, NOON + 2 * DAY, False),
    (NOON + DAY, None, False),
    (None, None, False),
]


@pytest.mark.parametrize(("begin", "end", "away"), AWAY)
def test_who_is_away_is_passed_over(begin: datetime | None, end: datetime | None, away: bool) -> None:
    ana = Person(ANA, absent_from=begin, absent_until=end)
    assert owner([ana, Person(BEN, open=3)]) == (BEN if away else ANA)


def test_who_is_full_or_has_left_or_did_nothing_is_passed_over_and_nobody_is_the_queue() -> None:
    people = [Person(ANA, capacity=2, open=2), Person(BEN, active=False)]
    given = assign(DEFAULT_RULES, people, TECH, NOON)
    assert (given.owner, given.rule, given.turn) == (None, NOBODY_MATCHES, None)
    assert owner([Person(ANA), Person(CID, open=9)], Candidate(avoid=frozenset({ANA}))) == CID


def test_the_least_open_work_for_the_capacity_goes_first() -> None:
    assert owner([Person(ANA, capacity=10, open=6), Person(BEN, capacity=100, open=50)]) == BEN


# --- properties

IDS = [user_id(tenant_id("acme"), f"rep{number}") for number in range(6)]
MOMENTS = st.sampled_from([None, NOON - DAY, NOON, NOON + DAY])
PEOPLE = st.lists(
    st.builds(
        Person,
        id=st.sampled_from([*IDS, ANA]),
        roles=st.frozensets(st.sampled_from(["rep", "manager"])),
        team=st.sampled_from([None, "north", "south"]),
        territories=st.frozensets(st.sampled_from(["dach", "iberia"])),
        accounts=st.frozensets(st.just(INITECH)),
        active=st.booleans(),
        capacity=st.none() | st.integers(0, 5),
        absent_from=MOMENTS,
        absent_until=MOMENTS,
        open=st.integers(0, 6),
        last_turn=st.integers(0, 9),
    ),
    max_size=7,
    unique_by=lambda person: person.id,
)
LEADS = st.lists(
    st.builds(
        Candidate,
        facts=st.fixed_dictionaries({"territory": st.sampled_from([None, "dach", "nordics"])}),
        account=st.sampled_from([None, INITECH]),
        entered_by=st.sampled_from([None, None, ANA]),
        avoid=st.frozensets(st.sampled_from(IDS), max_size=2),
    ),
    max_size=12,
)


@given(PEOPLE, LEADS)
def test_every_lead_gets_one_owner_who_is_there_and_has_room_or_waits_in_the_queue(
    people: list[Person], leads: list[Candidate]
) -> None:
    given = assign_all(DEFAULT_RULES, people, leads, NOON)
    by_id = {person.id: person for person in people}
    work = Counter({person.id: person.open for person in people})
    assert len(given) == len(leads)
    for lead, found in zip(leads, given, strict=True):
        if found.rule == "by_hand":
            assert found.owner == lead.entered_by
        elif found.owner is not None:
            person = by_id[found.owner]
            assert person.there(NOON)
            assert person.id not in lead.avoid
            full = person.capacity is not None and work[person.id] >= person.capacity
            assert not full or found.rule == "linked_account"
        else:
            assert (found.rule, lead.entered_by) == (NOBODY_MATCHES, None)
        work[found.owner or UUID(int=0)] += 1


@given(PEOPLE, LEADS)
def test_one_after_another_they_are_given_as_all_at_once(
    people: list[Person], leads: list[Candidate]
) -> None:
    """So bulk and import give what single calls would have given."""
    assert one_by_one(people, leads) == assign_all(DEFAULT_RULES, people, leads, NOON)


def one_by_one(people: list[Person], leads: list[Candidate]) -> list[Assignment]:
    """Each lead by itself, the people told of it in between."""
    crew, given = {person.id: person for person in people}, []
    for lead in leads:
        found = assign(DEFAULT_RULES, list(crew.values()), lead, NOON)
        given.append(found)
        if found.owner in crew:
            turn = found.turn or crew[found.owner].last_turn
            changes = {"open": crew[found.owner].open + 1, "last_turn": turn}
            crew[found.owner] = Person(**{**vars(crew[found.owner]), **changes})
    return given


@given(st.integers(1, 6), st.integers(0, 60), st.sampled_from([None, 20]), st.data())
def test_equals_get_as_many_to_within_one(
    count: int, leads: int, capacity: int | None, data: st.DataObject
) -> None:
    turns = data.draw(st.permutations(range(count)))
    people = [Person(IDS[n], capacity=capacity, last_turn=turns[n]) for n in range(count)]
    given = [found.owner for found in assign_all(DEFAULT_RULES, people, [TECH] * leads, NOON)]
    got = [given.count(person.id) for person in people]
    assert max(got) - min(got) <= 1
    assert given.count(None) == max(0, leads - count * 20 if capacity else 0)


@given(st.integers(2, 6), st.integers(1, 4))
def test_nobody_is_skipped_nobody_comes_twice_in_a_round(count: int, rounds: int) -> None:
    people = [Person(IDS[n]) for n in range(count)]
    given = [found.owner for found in assign_all(DEFAULT_RULES, people, [TECH] * count * rounds, NOON)]
    for start in range(0, len(given), count):
        assert set(given[start : start + count]) == {person.id for person in people}


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 200))
def test_the_capacity_shares_the_work(small: int, large: int, leads: int) -> None:
    people = [Person(ANA, capacity=small), Person(BEN, capacity=large)]
    given = Counter(found.owner for found in assign_all(DEFAULT_RULES, people, [TECH] * leads, NOON))
    assert given[ANA] <= small
    assert given[BEN] <= large
    assert abs(given[ANA] * large - given[BEN] * small) <= max(small, large)


# --- what a tenant may say

WRONG: list[tuple[Rule, str]] = [
    (Rule("by_hand", "reps"), "key"),
    (Rule("r", "team"), "team"),
    (Rule("r", "reps", team="north"), "team"),
    (Rule("r", "users"), "users"),
    (Rule("r", "reps", users=(ANA,)), "users"),
    (Rule("r", "reps", (Condition("country", "like", ("AT",)),)), "conditions/0/operator"),
    (Rule("r", "reps", (Condition("country", "eq"),)), "conditions/0/values"),
    (Rule("r", "reps", (Condition("score", "gt", ("many",)),)), "conditions/0/values"),
]


@pytest.mark.parametrize(("rule", "field"), WRONG, ids=lambda given: getattr(given, "pool", given))
def test_a_rule_that_cannot_be_is_refused_by_field(rule: Rule, field: str) -> None:
    with pytest.raises(InvalidRules) as refused:
        check([rule])
    assert [(index, name) for index, name, _ in refused.value.faults] == [(0, field)]


def test_a_key_stands_for_one_rule() -> None:
    check(DEFAULT_RULES)
    with pytest.raises(InvalidRules, match="twice"):
        check([*DEFAULT_RULES, DEFAULT_RULES[0]])


DACH = Territory("dach", ("DE", "AT", "CH"))
BAVARIA = Territory("bavaria", ("DE",), ("Bayern", "Bavaria"))


def test_a_place_lies_in_the_first_territory_that_has_it() -> None:
    table = [BAVARIA, DACH]
    assert territory_of(table, "DE", "BAYERN") == "bavaria"
    assert territory_of(table, "DE", None) == territory_of(table, "AT", "Bayern") == "dach"
    assert territory_of(table, "FR", None) is None
    assert territory_of(table, None, "Bayern") is None
    with pytest.raises(InvalidRules, match=r"territories\[1\]"):
        check_territories([DACH, DACH])
