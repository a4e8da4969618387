"""Whatever members, zombies, crashes and compaction do, the next member ends in the fold of the records."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.streams.wire import Undelivered
from tests.chassis.streams.member import Member, World
from tests.chassis.streams.sums import PAID, REFUNDED, STATE, account

ACCOUNTS = 3
ALWAYS_COMPACTED = -60_000
"""A compaction lag so small that every record may have met the compaction."""
WAITS_FOR_DAYS = 7 * 86_400_000

WRITES = st.tuples(st.just("write"), st.integers(0, ACCOUNTS - 1), st.sampled_from([PAID, REFUNDED]))
FOLDS = st.tuples(st.just("fold"), st.integers(0, 5), st.integers(1, 3))
CRASHES = st.tuples(st.just("crash"), st.integers(0, 5), st.integers(0, 6))
JOINS = st.tuples(st.just("join"), st.just(0), st.just(0))
COMPACTS = st.tuples(st.just("compact"), st.just(0), st.just(0))
STEPS = st.lists(st.one_of(WRITES, WRITES, FOLDS, CRASHES, JOINS, COMPACTS), max_size=40)


class Story:
    """Members of one partition; all but the last are zombies that do not know it."""

    def __init__(self, lag: int) -> None:
        self.world = World()
        self.lag = lag
        self.members: list[Member] = []
        self.written: dict[tuple[int, str], int] = {}
        self.totals = dict.fromkeys(range(ACCOUNTS), 0)

    def write(self, number: int, topic: str) -> None:
        """One more movement."""
        n = self.written.get((number, topic), 0)
        self.world.move(account(number), n, 1 + n % 5, topic=topic)
        self.written[number, topic] = n + 1
        self.totals[number] += (1 + n % 5) if topic == PAID else -(1 + n % 5)

    def fold(self, who: int, pieces: int) -> None:
        """A member, zombie or not, folds on."""
        if self.members:
            self.members[who % len(self.members)].fold_on(pieces)

    def crash(self, who: int, after: int) -> None:
        """A member loses the broker in the middle of a group and is gone."""
        if not self.members:
            return
        member = self.members.pop(who % len(self.members))
        member.wire.refuse_after = after
        with suppress(Undelivered):
            member.fold_on(1)

    def join(self, *_: object) -> None:
        """A member takes over."""
        self.members.append(self.world.member(lag=self.lag))

    def compact(self, *_: object) -> None:
        """The broker compacts the changelog, where it does not wait for days."""
        if self.lag == ALWAYS_COMPACTED:
            self.world.log.compact(STATE, 0)


@given(steps=STEPS, lag=st.sampled_from([ALWAYS_COMPACTED, WAITS_FOR_DAYS]))
@settings(max_examples=100, deadline=None)
def test_the_next_member_ends_in_the_fold_of_everything_written(
    steps: list[tuple[str, int, object]], lag: int
) -> None:
    story = Story(lag)
    for what, *given_ in steps:
        getattr(story, what)(*given_)
    heir = story.world.member(lag=story.lag)
    heir.catch_up()
    for number, total in story.totals.items():
        state = heir.engine.state(account(number), 0)
        moves = sum(n for (account_, _), n in story.written.items() if account_ == number)
        found = (state.total, state.moves, state.lost, state.doubled) if state else (0, 0, 0, 0)
        assert found == (total, moves, 0, 0)
