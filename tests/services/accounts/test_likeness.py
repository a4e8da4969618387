"""Whether an account is there already: what speaks for it, and what is done then."""

from uuid import UUID

import pytest

from services.accounts.domain.likeness import Keys, Known, Mode, Reason, judge, likeness

ACME = Known(UUID(int=1), Keys("C-1", "acme", "acme.example"))
ACME_US = Known(UUID(int=2), Keys(None, "acme", "acme.example"))
GLOBEX = Known(UUID(int=3), Keys(None, "globex", None))


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (Keys("C-1", "globex", None), "external_id"),
        (Keys("C-2", "acme", "acme.example"), None),
        (Keys(None, "acme", "acme.example"), "domain_and_company"),
        (Keys(None, "acme", "other.example"), "company"),
        (Keys(None, "other", "acme.example"), "domain"),
        (Keys(None, "other", None), None),
        (Keys(None, None, None), None),
    ],
)
def test_what_makes_two_accounts_one(keys: Keys, reason: Reason | None) -> None:
    assert likeness(keys, ACME.keys) == likeness(ACME.keys, keys) == reason


def test_nothing_known_of_two_accounts_makes_them_no_one() -> None:
    assert likeness(Keys(None, None, None), Keys(None, None, None)) is None


@pytest.mark.parametrize(
    ("mode", "result"), [("skip", "duplicate"), ("update", "updated"), ("create", "created")]
)
def test_the_policy_decides_about_an_account_that_is_there(mode: Mode, result: str) -> None:
    verdict = judge(mode, Keys(None, "globex", None), [GLOBEX])
    assert (verdict.result, verdict.target) == (result, GLOBEX.id if mode == "update" else None)
    assert [match.known for match in verdict.matches] == [GLOBEX]


@pytest.mark.parametrize("mode", ["skip", "update", "create"])
def test_a_stranger_is_new_and_needs_a_name(mode: Mode) -> None:
    assert judge(mode, Keys("C-9", "initech", None), []).result == "created"
    nameless = judge(mode, Keys("C-9", None, "initech.example"), [])
    assert (nameless.result, nameless.field) == ("invalid", "name")


def test_an_id_of_another_system_is_one_accounts_whatever_the_policy() -> None:
    verdict = judge("create", Keys("C-1", "acme branch", None), [ACME])
    assert (verdict.result, verdict.field) == ("invalid", "external_id")
    assert verdict.why == f"is that of account {ACME.id} (external_id)"


def test_the_surest_reason_says_which_account_is_meant() -> None:
    assert judge("update", Keys("C-1", "globex", None), [GLOBEX, ACME]).target == ACME.id


def test_nobody_guesses_between_two_accounts_that_are_equally_alike() -> None:
    twin = ACME._replace(id=UUID(int=4))
    verdict = judge("update", Keys(None, "acme", "acme.example"), [ACME_US, twin])
    assert (verdict.result, verdict.target) == ("invalid", None)
    assert str(ACME_US.id) in verdict.why
    assert str(twin.id) in verdict.why


def test_a_closed_account_is_opened_again_before_it_takes_changes() -> None:
    verdict = judge("update", GLOBEX.keys, [GLOBEX._replace(closed=True)])
    assert (verdict.result, verdict.target) == ("invalid", None)
    assert "open it again" in verdict.why


def test_somebody_elses_account_is_there_and_takes_no_changes() -> None:
    verdict = judge("update", GLOBEX.keys, [GLOBEX._replace(changeable=False)])
    assert (verdict.result, verdict.target) == ("duplicate", None)
