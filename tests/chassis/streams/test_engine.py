"""State, position, poison, repair and time: the engine over the log in memory."""

import pytest

from chassis.losses import Loss
from chassis.streams.losses import losses
from chassis.streams.memory import MemoryWire
from chassis.streams.wire import NotCoPartitioned, SourceLost, TopicRecreated, Undelivered
from tests.chassis.streams.member import World
from tests.chassis.streams.sums import DEAD, PAID, REFUNDED, STATE, TICK, Sums, account

ANA, BOB = account(1), account(2)


@pytest.fixture
def world() -> World:
    return World()


def test_movements_of_two_topics_are_added_up_and_told(world: World) -> None:
    world.move(ANA, 0, 5)
    world.move(ANA, 1, 7)
    world.move(ANA, 0, 2, topic=REFUNDED)
    world.member().catch_up()
    assert [t["total"] for t in world.totals()] == [5, 12, 10]
    state = world.state(ANA)
    assert state is not None
    assert (state.total, state.moves, state.lost, state.doubled) == (10, 3, 0, 0)


def test_a_member_that_takes_over_goes_on_where_the_last_whole_group_ended(world: World) -> None:
    world.move(ANA, 0, 5)
    world.member().catch_up()
    world.move(ANA, 1, 7)
    heir = world.member()
    assert heir.start[PAID] == 1
    heir.catch_up()
    assert [(t["total"], t["sequence"]) for t in world.totals()] == [(5, 1), (12, 1)]
    epochs = [t["epoch"] for t in world.totals()]
    assert epochs[0] < epochs[1]


def test_a_group_whose_marker_is_missing_never_happened(world: World) -> None:
    world.move(ANA, 0, 5)
    first = world.member()
    first.catch_up()
    world.move(ANA, 1, 7)
    world.move(BOB, 0, 1)
    first.wire.refuse_after = 4  # two outputs, two states, then the broker is gone before the marker
    with pytest.raises(Undelivered):
        first.catch_up()
    heir = world.member()
    assert heir.start[PAID] == 1
    heir.catch_up()
    assert [t["total"] for t in world.totals()] == [5, 12, 1, 12, 1]
    repeated = world.totals()[1]["event_id"], world.totals()[3]["event_id"]
    assert repeated[0] == repeated[1]
    state = world.state(ANA)
    assert state is not None
    assert (state.total, state.doubled) == (12, 0)


def test_a_groups_state_is_written_once_its_outputs_are_safe_while_the_next_is_folded(world: World) -> None:
    world.move(ANA, 0, 5)
    world.move(ANA, 1, 7)
    member = world.member()
    claimed = world.log.end(STATE, 0)
    member.engine.advance(world.log.raws(PAID, 0, 0, 1))
    assert world.totals() == []
    member.engine.advance(world.log.raws(PAID, 0, 1))
    assert [t["total"] for t in world.totals()] == [5]
    assert world.log.end(STATE, 0) == claimed
    member.engine.settle()
    assert [t["total"] for t in world.totals()] == [5, 12]
    assert world.member().start[PAID] == 2


def test_groups_under_way_are_folded_again_by_the_heir_of_a_member_that_dies(world: World) -> None:
    for n in range(3):
        world.move(ANA, n, 1)
    first = world.member()
    for n in range(3):
        first.engine.advance(world.log.raws(PAID, 0, n, n + 1))
    first.wire.flush()
    heir = world.member()
    assert heir.start[PAID] == 2, "of the third group there are but the outputs"
    heir.catch_up()
    assert [t["total"] for t in world.totals()] == [1, 2, 3, 3]
    state = world.state(ANA)
    assert state is not None
    assert (state.total, state.lost, state.doubled) == (3, 0, 0)


def test_what_waits_of_a_partition_that_is_lost_is_never_written(world: World) -> None:
    world.move(ANA, 0, 5)
    member = world.member()
    member.engine.advance(world.log.raws(PAID, 0))
    member.engine.revoke([0])
    member.engine.settle()
    assert world.member().start[PAID] == 0


def test_what_a_zombie_writes_after_the_next_claim_does_not_count(world: World) -> None:
    world.move(ANA, 0, 5)
    zombie = world.member()
    zombie.catch_up()
    heir = world.member()
    world.move(ANA, 1, 7)
    world.move(BOB, 0, 1)
    zombie.catch_up()
    assert world.member().start[PAID] == 1
    heir.catch_up()
    assert world.member().start[PAID] == 1  # the heir has become a zombie by the claim above
    last = world.member()
    last.catch_up()
    state = world.state(ANA)
    assert state is not None
    assert (state.total, state.moves, state.doubled, state.lost) == (12, 2, 0, 0)


def test_a_zombies_outcomes_stand_below_those_of_its_heir(world: World) -> None:
    world.move(ANA, 0, 5)
    zombie = world.member()
    heir = world.member()
    heir.catch_up()
    world.move(ANA, 1, 7)
    heir.catch_up()
    zombie.engine.process(world.log.raws(PAID, 0, 0, 1))
    said = world.totals()
    assert [t["total"] for t in said] == [5, 12, 5]
    assert max(said, key=lambda t: (t["epoch"], t["sequence"]))["total"] == 12


def test_a_zombies_state_and_marker_do_no_harm_when_the_topic_is_compacted_after_the_next_load(
    world: World,
) -> None:
    world.move(ANA, 0, 5)
    zombie = world.member()
    zombie.catch_up()
    world.member()
    world.move(BOB, 0, 1)
    zombie.catch_up()
    world.member()
    world.log.compact(STATE, 0)
    heir = world.member()
    assert heir.start[PAID] == 1
    state = world.state(ANA)
    assert state is not None
    assert (state.total, state.doubled) == (5, 0)


def test_a_state_that_compaction_removed_for_a_zombies_is_rebuilt_from_the_sources(world: World) -> None:
    world.move(ANA, 0, 5)
    zombie = world.member(lag=0)
    zombie.catch_up()
    world.member(lag=0)
    world.move(ANA, 1, 7)
    zombie.catch_up()
    world.log.compact(STATE, 0)
    heir = world.member(lag=-60_000)
    assert heir.start[PAID] == 0
    heir.catch_up()
    state = world.state(ANA)
    assert state is not None
    assert (state.total, state.moves, state.doubled, state.lost) == (12, 2, 0, 0)


def test_records_below_the_position_are_skipped_and_gaps_are_read_directly(world: World) -> None:
    for n in range(6):
        world.move(ANA, n, 1)
    member = world.member()
    member.engine.process(world.log.raws(PAID, 0, 0, 2))
    member.engine.process(world.log.raws(PAID, 0, 0, 1))
    member.engine.process(world.log.raws(PAID, 0, 5))
    assert [t["total"] for t in world.totals()] == [1, 2, 3, 4, 5, 6]


def test_a_direct_read_beyond_the_end_of_the_log_ends_there(world: World) -> None:
    world.move(ANA, 0, 1)
    member = world.member()
    member.engine.catch_up(0, {PAID: 5_001})
    assert world.member().start[PAID] == 1


def test_offsets_that_no_longer_exist_count_as_read(world: World) -> None:
    for n in range(3):
        world.move(ANA if n else BOB, n, 1, topic=REFUNDED)
    world.log.compact(REFUNDED, 0)
    world.move(BOB, 0, 4, topic=REFUNDED)
    world.member().catch_up()
    assert world.member().start[REFUNDED] == 4


def test_an_undecodable_record_is_a_dead_letter_and_the_next_one_goes_on(world: World) -> None:
    world.log.append(PAID, 0, ANA, b"\x00nonsense", [("ce_id", b"x")])
    world.move(ANA, 0, 3)
    world.member().catch_up()
    assert [t["total"] for t in world.totals()] == [3]
    (letter,) = world.dead()
    assert letter["x-cause"] == "undecodable"
    assert (letter["x-origin-topic"], letter["x-origin-offset"], letter["ce_id"]) == (PAID, "0", "x")
    assert world.log.records[DEAD, 0][0].value == b"\x00nonsense"


def test_a_record_of_another_tenant_than_its_key_is_a_dead_letter(world: World) -> None:
    world.move(b"0" * 36 + b":1", 0, 3)
    world.member().catch_up()
    assert [letter["x-cause"] for letter in world.dead()] == ["foreign-tenant"]
    assert world.totals() == []


def test_a_record_without_a_key_is_a_dead_letter(world: World) -> None:
    world.log.append(PAID, 0, None, b"\x00")
    world.member().catch_up()
    assert [letter["x-cause"] for letter in world.dead()] == ["no-key"]


def test_a_step_that_raises_parks_its_key_and_others_go_on(world: World) -> None:
    world.move(ANA, 0, 1)
    world.move(ANA, 1, 13)
    world.move(ANA, 2, 2)
    world.move(BOB, 0, 9)
    world.member().catch_up()
    assert [t["total"] for t in world.totals()] == [1, 9]
    assert [letter["x-cause"] for letter in world.dead()] == ["step-failed", "parked"]
    state = world.state(ANA)
    assert state is not None
    assert state.total == 1  # what the failed step put is taken back


def test_a_parked_key_stays_parked_over_a_crash_and_a_repair_brings_it_back(world: World) -> None:
    world.move(ANA, 0, 1)
    world.move(ANA, 1, 13)
    world.member().catch_up()
    world.move(ANA, 2, 2)
    world.member().catch_up()
    assert [letter["x-cause"] for letter in world.dead()] == ["step-failed", "parked"]
    repaired = world.codec.encode(
        PAID, "Moved", {"event_id": "m", "tenant_id": ANA[:36].decode(), "n": 1, "amount": 4}
    )
    world.send_back(0, lambda _: repaired)
    world.send_back(1)
    world.member().catch_up()
    world.move(ANA, 3, 10)
    world.member().catch_up()
    assert [t["total"] for t in world.totals()] == [1, 5, 7, 17]


def test_a_repair_that_fails_again_parks_again(world: World) -> None:
    world.move(ANA, 0, 13)
    world.member().catch_up()
    world.send_back(0)
    world.member().catch_up()
    assert [letter["x-cause"] for letter in world.dead()] == ["step-failed", "step-failed"]
    assert {letter["x-origin-topic"] for letter in world.dead()} == {PAID}


def test_a_tick_waits_until_the_inputs_are_read_as_far_as_its_writer_saw_them(world: World) -> None:
    world.move(ANA, 0, 1, remind_at=100)
    world.move(ANA, 1, 1)
    world.tick(200, paid=2)
    member = world.member()
    member.catch_up(TICK)
    assert world.totals() == []
    member.engine.process(world.log.raws(PAID, 0, 0, 1))
    assert len(world.totals()) == 1
    assert world.member().start[TICK] == 0  # it would be read again after a crash
    member = world.member()
    member.catch_up()
    assert [t["cause"] for t in world.totals()][-1].startswith("reminder:100:200")
    assert world.member().start[TICK] == 1


def test_timers_fire_in_the_order_in_which_they_are_due(world: World) -> None:
    for number, due in enumerate((300, 100, 200, 900)):
        world.move(account(number), 0, 1, remind_at=due)
    world.member().catch_up()
    world.tick(500, paid=4)
    world.member().catch_up()
    reminders = [t["cause"] for t in world.totals() if "reminder" in t["cause"]]
    assert reminders == ["reminder:100:500", "reminder:200:500", "reminder:300:500"]
    world.tick(1_000)
    world.member().catch_up()
    assert world.totals()[-1]["cause"] == "reminder:900:1000"


def test_older_ticks_than_the_partitions_time_are_ignored(world: World) -> None:
    world.tick(1_000)
    member = world.member()
    member.catch_up()
    world.move(ANA, 0, 1, remind_at=500)
    world.tick(600)
    world.member().catch_up()
    assert len(world.totals()) == 1


def test_ends_beyond_the_log_and_of_foreign_topics_hold_no_tick(world: World) -> None:
    world.move(ANA, 0, 1, remind_at=100)
    value = {"time": 200, "offset": 0, "ends": {PAID: 999, "leads.lead": 5}}
    world.log.append(TICK, 0, b"clock", world.codec.encode(TICK, "Tick", value))
    world.member().catch_up()
    assert [t["cause"] for t in world.totals()][-1] == "reminder:100:200"


def test_a_timer_that_does_not_move_parks_its_key(world: World) -> None:
    world.move(ANA, 0, 1, remind_at=13)
    world.tick(20)
    world.member().catch_up()
    assert [letter["x-cause"] for letter in world.dead()] == ["timer-failed"]


def test_a_topic_that_was_made_again_is_refused(world: World) -> None:
    world.move(ANA, 0, 1)
    world.member().catch_up()
    world.log.recreate(PAID)
    with pytest.raises(TopicRecreated, match=PAID):
        world.member()


def test_inputs_with_different_partitions_are_refused(world: World) -> None:
    world.log.counts[PAID] = 24
    with pytest.raises(NotCoPartitioned):
        world.member()


def test_retention_that_has_overtaken_a_position_is_told_and_never_jumped_over(world: World) -> None:
    for n in range(4):
        world.move(ANA, n, 1)
    member = world.member()
    member.engine.process(world.log.raws(PAID, 0, 0, 1))
    world.log.drop_before(PAID, 0, 3)
    with pytest.raises(SourceLost, match=r"position 1"):
        world.member()


def test_a_loss_that_a_person_has_accepted_is_gone_on_behind(world: World) -> None:
    for n in range(4):
        world.move(ANA, n, 1)
    world.member().engine.process(world.log.raws(PAID, 0, 0, 1))
    assert lost(world) == []
    world.log.drop_before(PAID, 0, 3)
    assert [(loss.position, loss.first) for loss in lost(world)] == [(1, 3)]
    heir = world.member(accepted={PAID})
    assert heir.start[PAID] == 3
    heir.catch_up()
    assert lost(world) == []
    state = world.state(ANA)
    assert state is not None
    assert (state.total, state.moves) == (2, 2)


def test_looking_for_losses_takes_nothing_from_the_member_that_runs(world: World) -> None:
    world.move(ANA, 0, 5)
    member = world.member()
    assert lost(world) == []
    member.catch_up()
    assert world.member().start[PAID] == 1


def lost(world: World) -> list[Loss]:
    """What the fold has lost of the topic."""
    wire = MemoryWire(world.log)
    return losses(Sums(), wire, PAID, wire.topic_ids([PAID]))


def test_a_replay_with_the_topics_read_one_after_the_other_ends_in_the_same_state(world: World) -> None:
    for n in range(20):
        world.move(ANA, n, n % 7)
        world.move(ANA, n, 1, topic=REFUNDED)
    world.member().catch_up()
    together = world.state(ANA)
    world.log.records[STATE, 0].clear()
    member = world.member()
    member.catch_up(REFUNDED)
    member.catch_up(PAID)
    apart = world.state(ANA)
    assert together is not None
    assert apart is not None
    assert (together.total, together.moves) == (apart.total, apart.moves)


def test_many_takeovers_leave_few_members_in_the_marker(world: World) -> None:
    for n in range(40):
        world.move(account(n), 0, 1)
        world.member().catch_up()
    assert [t["total"] for t in world.totals()] == [1] * 40
    assert len(world.member().engine.members(0)) <= 16
    states = [world.state(account(n)) for n in range(40)]
    assert all(state is not None and state.total == 1 for state in states)
