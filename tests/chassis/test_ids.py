"""Ids that repeat, and ids that never do."""

from chassis.ids import derived_id, new_id, tenant_id, user_id


def test_the_same_parts_give_the_same_id() -> None:
    assert derived_id("alert", 1) == derived_id("alert", "1")


def test_parts_are_not_run_together() -> None:
    assert derived_id("ab", "c") != derived_id("a", "bc")


def test_a_login_is_another_user_in_another_tenant() -> None:
    assert user_id(tenant_id("acme"), "ana") != user_id(tenant_id("zenith"), "ana")


def test_new_ids_rise_with_time() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(set(made))
    assert made[0].version == 7
