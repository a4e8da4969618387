"""What is to worry about a lead: nobody owns it, nobody answers, a customer may grow (F43, F85)."""

from hypothesis import given
from hypothesis import strategies as st

from services.notifications import alerting
from services.notifications.alerting import LeadFact, Raised, Resolved, State, SubjectFact, Tick
from tests.services.notifications.test_alerting import ACME, ANA, DAY, HOUR, JANE, START, Fact, raised, said


def fact(version: int, at: int = 0, status: str = "new", owner: str | None = ANA, **more: object) -> LeadFact:
    """The next event of Jane."""
    moves = bool(more.pop("moves", version == 1))
    when = START + at
    return LeadFact(ACME, JANE, version, f"lead-{version}", when, status, owner, None, moves, **more)  # type: ignore[arg-type]


def kinds(*facts: Fact) -> list[str]:
    """Kinds of the alerts that are raised."""
    return [kind for kind, _ in raised(facts)]


def reasons(*facts: Fact) -> list[str]:
    """Why alerts ended."""
    return [alert.reason for alert in said(facts) if isinstance(alert, Resolved)]


def test_a_lead_that_nobody_owns_is_told_until_somebody_does() -> None:
    nobody, claimed = fact(1, owner=None), fact(2, HOUR)
    assert kinds(nobody, fact(2, HOUR, owner=None)) == ["unassigned_lead"]
    assert reasons(nobody, claimed) == ["ended"]
    again = kinds(nobody, claimed, fact(3, 2 * HOUR, owner=None))
    assert again == ["unassigned_lead"] * 2, "to be without an owner again is another cause"


def test_an_answer_that_is_due_and_does_not_come_is_a_breach() -> None:
    lead = fact(1, respond_by=START + DAY)
    assert kinds(lead, Tick(START + DAY - 1)) == []
    [breach] = [a for a in said([lead, Tick(START + DAY)]) if isinstance(a, Raised)]
    assert (breach.kind, breach.raised_at, breach.owner) == ("sla_breach", START + DAY, ANA)
    assert kinds(lead, fact(2, HOUR, contacted=True), Tick(START + 2 * DAY)) == []
    assert reasons(lead, Tick(START + DAY), fact(2, 2 * DAY, contacted=True)) == ["ended"]


def test_a_breach_before_a_late_answer_is_told_at_its_own_time_even_without_a_tick() -> None:
    late = said([fact(1, respond_by=START + DAY), fact(2, 2 * DAY, contacted=True)])
    assert [type(alert) for alert in late] == [Raised, Resolved]


def test_a_lead_that_is_over_worries_nobody() -> None:
    lead = fact(1, owner=None, respond_by=START + DAY, expands=True)
    over = fact(2, HOUR, status="unqualified", owner=None, moves=True)
    assert reasons(lead, over) == ["status_changed"] * 2
    assert kinds(lead, over, Tick(START + 2 * DAY)) == ["unassigned_lead", "upsell_lead"]


STEPS = st.lists(
    st.tuples(
        st.integers(0, 5 * DAY),
        st.sampled_from(["new", "qualified", "unqualified"]),
        st.sampled_from([ANA, None]),
        st.booleans(),
    ),
    max_size=8,
)


@given(STEPS, st.data())
def test_ticks_and_repeats_between_the_facts_change_nothing_of_what_is_said(
    steps: list[tuple[int, str, str | None, bool]], data: st.DataObject
) -> None:
    at, facts = 0, [fact(1, respond_by=START + DAY, expands=True)]
    for version, (later, status, owner, contacted) in enumerate(steps, 2):
        at += later
        facts.append(fact(version, at, status, owner, moves=True, contacted=contacted or None))
    read: list[Fact] = []
    for one in facts:
        read += [Tick(one.occurred_at)] * data.draw(st.integers(0, 2))
        read += data.draw(st.lists(st.sampled_from([*(f for f in read if isinstance(f, LeadFact)), one])))
        read.append(one)
    end = Tick(START + at + 10 * DAY)
    assert sorted(map(str, said([*read, end]))) == sorted(map(str, said([*facts, end])))


def test_a_subject_that_is_told_twice_is_told_once() -> None:
    risk = SubjectFact(ACME, JANE, 4, "risk", START, ANA, (("at_risk_account", "stay", START),))
    assert [type(alert) for alert in said([risk, risk])] == [Raised]
    assert alerting.due(alerting.step(State(ACME, JANE), risk)[0]) is None
