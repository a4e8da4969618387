"""What a custom field takes, by its type."""

from collections.abc import Mapping
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.domain import CustomFields, UnfitCustom
from services.leads.domain.custom import LARGEST_NUMBER, LONGEST_TEXT
from tests.services.leads.custom.conftest import FIELDS, Json

OURS = CustomFields.of(FIELDS)


def fault(values: Mapping[str, Any], *, texts: bool = False) -> list[str]:
    """The fields that are refused."""
    with pytest.raises(UnfitCustom) as caught:
        OURS.merged(None, values, texts=texts)
    return [name for name, _ in caught.value.faults]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wish", 5), ("wish", True), ("wish", "x" * (LONGEST_TEXT + 1)),
        ("fleet", "40"), ("fleet", True), ("fleet", inf), ("fleet", nan), ("fleet", 10**400),
        ("fleet", -LARGEST_NUMBER - 1),
        ("vip", "true"), ("vip", 1),
        ("born", 19880229), ("born", "1989-02-29"), ("born", "29.02.1988"), ("born", "1988-02-29T00:00"),
        ("shoe_size", 44), ("shoe_size", None), ("", "x"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_and_an_undefined_field_are_refused(name: str, value: Any) -> None:
    assert fault({name: value, "wish" if name != "wish" else "vip": None}) == [f"custom.{name}"]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("fleet", "40", 40), ("fleet", " -40.5 ", -40.5), ("fleet", "+7", 7),
        ("vip", "Yes", True), ("vip", "on", True), ("vip", "0", False), ("vip", "FALSE", False),
        ("born", "1988-02-29", "1988-02-29"), ("wish", " 12 trucks\nand a boat ", "12 trucks\nand a boat"),
    ],
)  # fmt: skip
def test_files_and_pages_say_everything_as_text(name: str, text: str, value: Any) -> None:
    assert OURS.merged(None, {name: text}, texts=True) == {name: value}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fleet", "1,200"), ("fleet", "nan"), ("fleet", "1e999"), ("fleet", "1_000"), ("fleet", "٤٠"),
        ("fleet", "9" * 17), ("vip", "perhaps"), ("born", "1.2.1988"),
    ],
)  # fmt: skip
def test_a_text_that_is_no_such_value_is_refused(name: str, text: str) -> None:
    assert fault({name: text}, texts=True) == [f"custom.{name}"]


def test_every_fault_is_told_and_all_values_together_have_a_bound() -> None:
    assert fault({"vip": "x", "born": "x", "wish": "x"}) == ["custom.vip", "custom.born"]
    many = CustomFields.of({f"wish_{n}": FIELDS["wish"] for n in range(30)})
    with pytest.raises(UnfitCustom, match="too much"):
        many.merged(None, dict.fromkeys(many.kinds, "x" * LONGEST_TEXT))


TYPED = {
    "wish": st.text(max_size=50), "fleet": st.integers(-(10**15), 10**15) | st.floats(-1e15, 1e15),
    "vip": st.booleans(), "born": st.dates().map(str),
}  # fmt: skip
SAID = st.fixed_dictionaries({}, optional={name: st.none() | values for name, values in TYPED.items()})


@given(st.lists(SAID, max_size=5))
def test_the_last_word_on_each_field_holds_and_nothing_else_moves(changes: list[Json]) -> None:
    held: Json | None = None
    last: Json = {}
    for change in changes:
        held = OURS.merged(held, change)
        last |= {name: value.strip() if isinstance(value, str) else value for name, value in change.items()}
    assert (held or {}) == {name: value for name, value in last.items() if value not in (None, "")}
    assert held != {}
