"""Who plays in the demo: people of made-up companies and what each does in a day. Data and chance only."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

Part = Literal["hot", "warm", "cold", "anonymous"]

COMPANIES = [
    ("Initech", "technology", "enterprise"),
    ("Umbrella Health", "healthcare", "enterprise"),
    ("Hooli", "technology", "mid_market"),
    ("Gringotts", "finance", "mid_market"),
    ("Stark Industries", "manufacturing", "enterprise"),
    ("Wonka", "retail", "small"),
]
FIRST = ["Hana", "Jonas", "Amara", "Luis", "Mei", "Sofia", "Tariq", "Nora", "Piotr", "Ines", "Kofi", "Yuki"]
LAST = ["Okafor", "Berg", "Silva", "Haddad", "Novak", "Moreau", "Tanaka", "Costa", "Keller", "Mensah"]
TITLES = ["Head of Platform", "CFO", "Buyer", "CTO", "Operations Lead"]
PARTS: list[Part] = ["hot", "warm", "warm", "cold", "anonymous"]


@dataclass(frozen=True)
class Person:
    """One prospect of a run; `lead` is what a form or a rep enters for it."""

    number: int
    part: Part
    lead: dict[str, str]

    @property
    def email(self) -> str:
        """Address, unique per run."""
        return self.lead["email"]


@dataclass(frozen=True)
class Deed:
    """Something that a prospect does `minute` minutes into the day."""

    person: Person
    minute: int
    kind: Literal["track", "page", "identify"]
    name: str
    properties: dict[str, str]
    message_id: str
    known: bool = True
    """False: the sender knows only the browser, not the person."""

    @property
    def scored(self) -> bool:
        """Whether it must show in the lead's receipt: an identify only names."""
        return self.kind != "identify"


def people(run: str, count: int, chance: Random) -> list[Person]:
    """The cast of a run; the first is always Hana Okafor of Initech, hot."""
    return [person(run, number, chance) for number in range(count)]


def person(run: str, number: int, chance: Random) -> Person:
    """One made-up prospect."""
    first, last = (FIRST[0], LAST[0]) if number == 0 else (chance.choice(FIRST), chance.choice(LAST))
    company, industry, size = COMPANIES[0] if number == 0 else chance.choice(COMPANIES)
    lead = {
        "first_name": first,
        "last_name": last,
        "company": company,
        "job_title": TITLES[0] if number == 0 else chance.choice(TITLES),
        "email": f"{first}.{last}.{run}.{number}@{company.replace(' ', '-')}.example".lower(),
        "industry": industry,
        "company_size": size,
        "lead_source": "web_form",
    }
    if number and chance.random() < 0.5:
        lead["phone"] = f"+4930901820{number % 100:02}"
    return Person(number, "hot" if number == 0 else chance.choice(PARTS), lead)


def day(person: Person, run: str, chance: Random) -> list[Deed]:
    """What a person does in a day of 1,440 minutes, in order of time."""
    naming: Act = (610 if person.part == "anonymous" else 0, "identify", "", {"email": person.email}, True)
    acts = sorted([naming, *play(person, chance)], key=lambda act: act[0])
    deeds = [
        Deed(person, minute, kind, name, properties, f"{run}-{person.number}-{index}", known)
        for index, (minute, kind, name, properties, known) in enumerate(acts)
    ]
    # an impatient sender: the same message three times must count once
    return [copy for deed in deeds for copy in ([deed] * 3 if deed.name == "Demo Requested" else [deed])]


Act = tuple[int, Literal["track", "page", "identify"], str, dict[str, str], bool]


def play(person: Person, chance: Random) -> Iterator[Act]:
    """Acts of a person's part, unordered."""
    for number in range({"hot": 6, "warm": 5, "cold": 2, "anonymous": 4}[person.part]):
        yield (
            chance.randrange(0, 600),
            "page",
            "Docs",
            {"path": f"/docs/{number}"},
            person.part != "anonymous",
        )
    if person.part != "cold":
        yield from mails(chance)
        yield 800, "track", "Content Downloaded", {"asset_id": f"guide-{chance.randrange(3)}"}, True
    if person.part in ("hot", "anonymous"):
        yield 900, "page", "Pricing", {"path": "/pricing"}, True
    if person.part == "hot":
        yield 960, "track", "Demo Requested", {}, True
    if person.part == "cold":
        yield chance.choice(COLD)


COLD: list[Act] = [
    (700, "track", "Email Bounced", {"email_id": "welcome"}, True),
    (700, "track", "Unsubscribed", {"email_id": "welcome"}, True),
    (700, "page", "Careers", {"path": "/careers"}, True),
]


def mails(chance: Random) -> Iterator[Act]:
    """A few mails opened, one of them clicked."""
    for number in range(chance.randrange(1, 4)):
        yield 650 + number, "track", "Email Opened", {"email_id": f"news-{number}"}, True
    yield (
        660,
        "track",
        "Email Link Clicked",
        {"email_id": "news-0", "link_url": "https://acme.example/guide"},
        True,
    )
