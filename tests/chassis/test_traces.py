"""A person is found in what was kept as it came, by a text and by the database alike; nobody else is."""

from collections.abc import Callable
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from chassis.pii import Vault
from chassis.settings import LOCAL_PII_KEY
from chassis.traces import TELLING, Traces, address_of

MARIA = UUID("019ab000-0000-7000-8000-000000000011")
TRACES = Traces.of(
    [
        (
            MARIA,
            {
                "first_name": "Maria",
                "last_name": "Müller-Huber",
                "email": "Maria.Huber@ACME.example",
                "phone": "+43 660 1234567",
            },
        )
    ]
)
SPOKEN_OF = [
    "Write to maria.huber@acme.example.",
    "MARIA.HUBER@ACME.EXAMPLE,,",
    "call 0660/123 45 67 after noon",
    "0043 (660) 12.34.567",
    '["Maria", "Müller-Huber", "initech"]',
    "huber;MÜLLER;maria",
    f"is there already: lead {MARIA}",
]
OTHERS = [
    "Maria Huber",
    "Marianne Müller-Huber",
    "maria müllerhuber",
    "huber@acme.example",
    "0660 123 45 68",
    "",
]


@pytest.mark.parametrize("text", SPOKEN_OF)
def test_a_text_that_speaks_of_the_person_is_found(text: str) -> None:
    assert TRACES.mentioned_in(text)


@pytest.mark.parametrize("text", OTHERS)
def test_a_text_about_somebody_else_is_left_alone(text: str) -> None:
    assert not TRACES.mentioned_in(text)


def test_the_database_finds_the_same(database: Callable[[str], dict[str, str]]) -> None:
    engine = sa.create_engine(sa.make_url(database("leads")["owner"]).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        for text in [*SPOKEN_OF, *OTHERS]:
            found = connection.scalar(sa.select(TRACES.found_in(sa.literal(text))))
            assert found == TRACES.mentioned_in(text), text
    engine.dispose()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Maria Müller-Huber wants 12 trucks.", "[erased] wants 12 trucks."),
        ("Huber, Maria (Müller) or maria.huber@acme.example", "[erased], [erased] ([erased]) or [erased]"),
        ("Call +43 660 123-45 67 or 01 234", "Call [erased] or 01 234"),
        ("Marianne and the Hubers", "Marianne and the Hubers"),
    ],
)
def test_a_text_is_kept_without_the_person(text: str, left: str) -> None:
    assert TRACES.redacted(text) == left


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"mail": "Jane@ACME.example"}', True),
        ("\x02\x2ajane@acme.example\x00", True),
        ("8jane@acme.example8", True),
        ("<mailto:jane@acme.example>, zoe@hooli.example", True),
        ("mary.jane@acme.example zoe@hooli.example", False),
        ("no address", False),
    ],
)
def test_an_address_is_known_again_by_its_hash(text: str, told: bool) -> None:
    vault = Vault(SecretStr(LOCAL_PII_KEY))
    assert address_of(vault, MARIA, vault.email_hash(MARIA, "jane@acme.example"))(text) == told
    assert not address_of(vault, MARIA, None)(text)


def test_of_whom_nothing_is_known_nothing_is_found_but_the_id() -> None:
    nobody = Traces.of([(MARIA, {"first_name": "Maria", "last_name": None, "email": None, "phone": "12"})])
    assert not nobody.mentioned_in("Maria 12")
    assert nobody.mentioned_in(str(MARIA))
    assert nobody.redacted("Maria 12") == "Maria 12"


WRITTEN = st.text(st.characters(max_codepoint=0x24F, exclude_categories=["C"]), max_size=50)


@given(WRITTEN, WRITTEN, WRITTEN | st.emails(), WRITTEN)
def test_whatever_somebody_is_called_their_own_row_is_found(
    first: str, last: str, email: str, about: str
) -> None:
    traces = Traces.of([(MARIA, {"first_name": first, "last_name": last, "email": email})])
    known = bool(traces.names) or "@" in email
    assert traces.mentioned_in(f"{email.strip()}, {first}, {last}") == known
    if all(max(map(len, name)) >= TELLING for name in traces.names):
        assert not traces.mentioned_in(traces.redacted(f"{about} {MARIA} {first} {about}"))
