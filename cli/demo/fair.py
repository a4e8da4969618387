"""The list of a trade fair: visitors as a spreadsheet has them, mistakes and all. Data and chance only."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

Row = dict[str, str]

HEADER = (
    "First name", "Last name", "E-Mail", "Company", "Phone", "Industry", "Employees", "Country", "Title",
)  # fmt: skip
FIRST = ("Ana", "Bela", "Cleo", "Dario", "Elif", "Finn", "Gia", "Hugo", "Ida", "Jan", "Kaya", "Lea", "Mats")
SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "za")
INDUSTRIES = ("technology", "finance", "retail", "healthcare", "manufacturing")
TITLES = ("CTO", "Buyer", "Head of Platform", "Operations Lead", "Consultant")
NORTH, SOUTH, FAR = ("DE", "DK", "SE"), ("AT", "CH", "IT"), ("US", "CA")
TERRITORIES = [{"key": "north", "countries": list(NORTH)}, {"key": "south", "countries": list(SOUTH)}]
"""Where the reps of the demo sell; who comes from elsewhere is anybody's."""
STARS, AGAIN, ALIKE = 8, 60, 12
"""Rows of the best visitors, of those who are on the list twice, of those who look like somebody else."""
MISTAKES: Sequence[Row] = (
    {"E-Mail": "gave no address"},
    {"Country": "Narnia"},
    {"Company": "Ltd " * 60},
)
EACH_MISTAKE = 25


@dataclass(frozen=True)
class Fair:
    """A list, and what must come of it."""

    rows: Sequence[Row]
    welcome: frozenset[str]
    """Addresses of which each must become one lead."""
    stars: Sequence[str]
    alike: Sequence[str]

    @property
    def text(self) -> str:
        """The list as a CSV file."""
        out = io.StringIO()
        writer = csv.DictWriter(out, HEADER)
        writer.writeheader()
        writer.writerows(self.rows)
        return out.getvalue()


def fair(run: str, known: Sequence[str], size: int) -> Fair:
    """The list of a run: visitors, then who looks alike, is there already, or was written down wrong."""
    chance = Random(f"{run}-fair")  # noqa: S311 - people of a play, not secrets
    fresh = size - AGAIN - ALIKE - EACH_MISTAKE * len(MISTAKES) - len(known)
    visitors = [visitor(run, number, chance) for number in range(fresh)]
    stars = [visitor | star for visitor, star in zip(visitors, starry(chance), strict=False)]
    alike = [one | {"E-Mail": f"private.{run}.{n}@mail.example"} for n, one in enumerate(visitors[-ALIKE:])]
    again = [one | {"E-Mail": one["E-Mail"].upper()} for one in visitors[STARS : STARS + AGAIN]]
    known_rows = [visitors[0] | {"E-Mail": email, "Phone": ""} for email in known]
    rows = [*stars, *visitors[STARS:], *alike, *again, *known_rows, *mistaken(run, fresh, chance)]
    welcome = frozenset(one["E-Mail"] for one in [*visitors, *alike])
    return Fair(rows, welcome, [one["E-Mail"] for one in stars], [one["E-Mail"] for one in alike])


def visitor(run: str, number: int, chance: Random) -> Row:
    """Somebody of a company that is nobody else's."""
    first, last = chance.choice(FIRST), word(chance)
    company = word(chance)
    return {
        "First name": first,
        "Last name": last,
        "E-Mail": f"{first}.{last}.{run}.{number}@{company}.example".lower(),
        "Company": f"{company} GmbH",
        "Industry": chance.choice(INDUSTRIES),
        "Employees": str(chance.randrange(5, 90)),
        "Country": chance.choice((*NORTH, *SOUTH, *FAR)),
        "Title": chance.choice(TITLES),
    }


def starry(chance: Random) -> Iterator[Row]:
    """What makes a visitor one of the best."""
    for _ in range(STARS):
        phone = f"+4930{chance.randrange(10_000_000, 100_000_000)}"
        yield {"Phone": phone, "Industry": "technology", "Employees": "2400", "Country": "DE"}


def mistaken(run: str, start: int, chance: Random) -> Iterator[Row]:
    """Visitors with something that cannot be."""
    for turn in range(EACH_MISTAKE):
        for number, mistake in enumerate(MISTAKES):
            yield visitor(run, start + turn * len(MISTAKES) + number, chance) | mistake


def word(chance: Random) -> str:
    """A name that hardly comes twice."""
    return "".join(chance.choices(SYLLABLES, k=4)).title()
