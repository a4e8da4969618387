"""Many events of many keys are answered in few calls, and every key keeps its order."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from chassis.consumer.batch import gathered, kind
from chassis.consumer.records import Event, Foreign, Item, RawRecord
from chassis.consumer.source import in_company
from chassis.ids import tenant_id

ACME = tenant_id("acme")
TYPES = ("LeadCreated", "LeadChanged", "LeadConverted")


def event(offset: int, key: str, type: str, topic: str = "leads.lead") -> Event:
    """An event as a consumer has it."""
    raw = RawRecord(topic, 0, offset, key.encode(), b"", (), -1)
    return Event(topic, 0, offset, key, type, {}, ACME, str(offset), {}, raw)


events = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from(TYPES), st.sampled_from(["leads.lead", "leads.old"])),
    max_size=60,
).map(lambda told: [event(n, *one) for n, one in enumerate(told)])


@given(events)
def test_every_event_is_in_one_run_of_its_kind(items: list[Event]) -> None:
    runs = gathered(items)
    assert sorted(item.raw.offset for run in runs for item in run) == list(range(len(items)))
    assert all(len({kind(item) for item in run}) == 1 for run in runs)


@given(events)
def test_every_key_keeps_its_order(items: list[Event]) -> None:
    orders: dict[object, list[int]] = defaultdict(list)
    for run in gathered(items):
        for item in run:
            orders[item.raw.order].append(item.raw.offset)
    assert all(offsets == sorted(offsets) for offsets in orders.values())


def test_what_comes_of_many_writers_at_once_makes_as_many_calls_as_of_one() -> None:
    one = [event(n, "a", type) for n, type in enumerate(TYPES)]
    many = [event(n, key, type) for n, (type, key) in enumerate((t, k) for t in TYPES for k in "abcdefgh")]
    woven = sorted(many, key=lambda item: item.key)
    assert len(gathered(one)) == len(gathered(many)) == len(gathered(woven)) == 3


def test_records_of_foreign_writers_keep_the_order_in_which_they_came() -> None:
    def foreign(offset: int) -> Foreign:
        return Foreign(RawRecord("engagement.inbound", 0, offset, None, b"", (), -1))

    items: list[Item] = [foreign(0), event(1, "a", "LeadCreated"), foreign(2)]
    assert [[item.raw.offset for item in run] for run in gathered(items)] == [[0, 2], [1]]


def test_only_what_was_written_at_different_times_is_company() -> None:
    """Else each step of a conversion would be held up because the one before it told of three things."""

    def written(*times: int) -> list[RawRecord]:
        return [RawRecord("leads.lead", 0, n, b"a", b"", (), at) for n, at in enumerate(times)]

    assert not in_company(written())
    assert not in_company(written(1_000))
    assert not in_company(written(1_000, 1_000, 1_002))
    assert in_company(written(1_000, 1_020))
