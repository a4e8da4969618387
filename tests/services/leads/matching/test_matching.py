"""Who may be whom: evidence, where to look, and what a policy makes of it."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id, tenant_id
from services.leads import matching
from services.leads.matching import Candidate, Policy, Profile, compare, person

ACME, GLOBEX = tenant_id("acme"), tenant_id("globex")
JO = person("lead", "Jo", "Doe", "Acme GmbH", "jo@acme.example", "+4930123456")

names = st.sampled_from(["", "jo doe", "john doe", "jon doe", "doe jo", "maria garcia", "maria garcía-lopez"])
firms = st.sampled_from(["", "Acme GmbH", "ACME", "Acme Holding", "Globex, Inc.", "Initech"])
mails = st.sampled_from([None, "jo@acme.example", "jo@gmail.com", "doe@acme.example", "x@globex.example"])
phones = st.sampled_from([None, "+4930123456", "+4930123457"])
people = st.builds(
    lambda kind, name, firm, mail, phone: person(kind, name, None, firm, mail, phone),
    st.sampled_from(["lead", "contact"]), names, firms, mails, phones,
)  # fmt: skip
accounts = st.builds(matching.account, firms.filter(bool), st.sampled_from([None, "acme.example"]))
anybody = st.one_of(people, accounts)


@given(anybody, anybody)
def test_likeness_has_no_direction(one: Profile, other: Profile) -> None:
    assert compare(one, other)[0] == compare(other, one)[0]
    assert sorted(compare(one, other)[1]) == sorted(compare(other, one)[1])


def with_all(profile: Profile, more: str, text: str) -> Profile:
    """The profile with another text in one place."""
    return Profile(**{**profile._asdict(), more: text})


@given(people, people, st.sampled_from(["email", "phone", "name", "company"]))
def test_more_evidence_never_lowers_the_score(one: Profile, other: Profile, more: str) -> None:
    silent = compare(with_all(one, more, ""), with_all(other, more, ""))[0]
    assert compare(with_all(one, more, "zoe"), with_all(other, more, "zoe"))[0] >= silent


@given(anybody, anybody)
def test_a_score_is_a_percentage_with_its_reasons(one: Profile, other: Profile) -> None:
    score, reasons = compare(one, other)
    assert 0 <= score <= 100
    assert bool(score) == bool(reasons)


def test_several_reasons_raise_the_score() -> None:
    alike = [
        person("lead", None, None, "Acme", None, None),
        person("lead", "Jo", "Doe", "Acme", None, None),
        person("lead", "Jo", "Doe", "Acme", None, "+4930123456"),
        person("lead", "Jo", "Doe", "Acme", "jo@acme.example", "+4930123456"),
    ]
    scores = [compare(JO, other)[0] for other in alike]
    assert scores == sorted(set(scores))
    assert compare(JO, alike[-1])[1] == ("email", "phone", "domain_and_company", "name")


@pytest.mark.parametrize(
    ("name", "domain", "reasons"),
    [
        ("ACME AG", None, ("company",)),
        ("Acme", "acme.example", ("domain_and_company",)),
        ("Other", "acme.example", ("domain",)),
        ("Acmee", None, ("name",)),
        ("Initech", None, ()),
    ],
)
def test_an_account_is_found_by_company_domain_and_similar_name(
    name: str, domain: str | None, reasons: tuple[str, ...]
) -> None:
    assert compare(JO, matching.account(name, domain))[1] == reasons


@pytest.mark.parametrize("other", ["Jon Doe", "Doe John", "John Do", "Jöhn Doe", "John Albert Doe"])
def test_a_name_with_one_slip_is_found_and_compared(other: str) -> None:
    one, two = (person("lead", name, None, None, None, None) for name in ("John Doe", other))
    assert set(matching.search_keys(ACME, one)) & set(matching.index_keys(ACME, two))


@given(anybody, anybody)
def test_what_equals_in_a_strong_point_is_always_found(one: Profile, other: Profile) -> None:
    if matching.Candidate("lead", ACME, *compare(one, other)).strong:
        assert set(matching.strong_keys(ACME, one)) & set(matching.strong_keys(ACME, other))
        assert set(matching.search_keys(ACME, one)) & set(matching.index_keys(ACME, other))


@given(people, anybody)
def test_who_is_likely_is_found_without_the_keys_that_many_share(draft: Profile, other: Profile) -> None:
    if compare(draft, other)[0] >= matching.WEAK:
        near = matching.search_keys(ACME, draft, matching.WEAK)
        assert set(near) & set(matching.index_keys(ACME, other))


def test_colleagues_alone_are_not_looked_at_where_nobody_would_take_them_for_one() -> None:
    colleague = person("lead", "Ann", "Poe", "Acme", "ann@acme.example", None)
    assert compare(JO, colleague) == (40, ("domain_and_company",))
    found = matching.index_keys(ACME, colleague)
    assert set(matching.search_keys(ACME, JO)) & set(found)
    assert not set(matching.search_keys(ACME, JO, matching.WEAK)) & set(found)


def test_no_two_tenants_share_a_key() -> None:
    assert not set(matching.search_keys(ACME, JO)) & set(matching.search_keys(GLOBEX, JO))


def candidate(object: matching.Kind, score: int, *reasons: matching.Reason, **rest: object) -> Candidate:
    """Somebody who may be the same."""
    return Candidate(object, new_id(), score, reasons, **rest)  # type: ignore[arg-type]


LEAD, NAMESAKE = candidate("lead", 97, "email", "name"), candidate("lead", 60, "company", "name")
LINKED = new_id()
ACCOUNT = candidate("account", 80, "company", account_id=LINKED)
FAINT = candidate("lead", 30, "company")


@pytest.mark.parametrize(
    ("policy", "mode", "decision", "target"),
    [
        (Policy(), "by_policy", "suggested", None),
        (Policy(), "create_anyway", "created_anyway", None),
        (Policy(), "skip", "blocked", None),
        (Policy(), "update", "updated", LEAD),
        (Policy(override=False), "create_anyway", "suggested", None),
        (Policy("block"), "by_policy", "blocked", None),
        (Policy("block"), "create_anyway", "created_anyway", None),
        (Policy("block"), "update", "updated", LEAD),
        (Policy("block", override=False), "create_anyway", "blocked", None),
        (Policy("create_anyway"), "by_policy", "created_anyway", None),
        (Policy("create_anyway"), "skip", "blocked", None),
        (Policy("link"), "by_policy", "updated", LEAD),
        (Policy("link", threshold=98), "by_policy", "created", None),
    ],
)
def test_a_policy_decides(
    policy: Policy, mode: matching.Mode, decision: str, target: Candidate | None
) -> None:
    verdict = matching.judge(policy, [LEAD, ACCOUNT, NAMESAKE, FAINT], mode)
    assert (verdict.decision, verdict.target) == (decision, target)
    assert verdict.overwrites == (mode == "update")
    assert FAINT not in verdict.candidates


def test_a_company_that_is_known_blocks_nobody() -> None:
    assert matching.judge(Policy("block"), [ACCOUNT]).decision == "suggested"
    assert matching.judge(Policy(), [ACCOUNT, NAMESAKE], "skip").decision == "suggested"
    assert matching.judge(Policy("block"), [NAMESAKE], "update").decision == "blocked"


def test_link_never_makes_one_lead_of_two_namesakes() -> None:
    assert matching.judge(Policy("link"), [ACCOUNT, NAMESAKE]).target == ACCOUNT
    assert matching.judge(Policy("link"), [NAMESAKE]).decision == "suggested"


def test_link_follows_a_converted_lead_to_its_account() -> None:
    done = LEAD._replace(open=False, account_id=LINKED)
    verdict = matching.judge(Policy("link"), [done])
    assert (verdict.decision, verdict.target and verdict.target.account_id) == ("linked", LINKED)
    assert matching.judge(Policy("link"), [done._replace(account_id=None)]).decision == "suggested"


def test_the_likeliest_comes_first() -> None:
    assert matching.ranked([FAINT, LEAD, candidate("lead", 0), ACCOUNT]) == [LEAD, ACCOUNT, FAINT]
    assert len(matching.ranked([candidate("lead", 50, "name") for _ in range(50)])) == 20
    assert isinstance(LEAD.id, UUID)
