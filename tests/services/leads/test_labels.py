"""A tenant's own words over the system's keys (F6)."""

from typing import Any

import httpx
import pytest

from services.leads.domain import InvalidLabels, Labels, UnknownSource, check_labels
from tests.services.leads.conftest import House
from tests.services.leads.test_api import LEADS, created, said
from tests.services.leads.test_capture import told

WORDS: dict[str, list[dict[str, Any]]] = {
    "statuses": [{"key": "contacted", "label": "Reached"}],
    "sources": [
        {"key": "web_form", "label": "Website"},
        {"key": "trade_fair", "label": "Trade fair", "system_key": "event"},
    ],
    "industries": [{"key": "fintech", "label": "FinTech", "system_key": "finance"}],
}
LABELS = f"{LEADS}/labels"


def test_a_word_is_found_by_its_key_and_by_what_people_read() -> None:
    labels = Labels.of(WORDS)
    assert [labels.source(name).system_key for name in ("trade_fair", "Trade Fair", "event")] == ["event"] * 3
    assert (labels.label("sources", "web_form"), labels.label("sources", "ads")) == ("Website", "Ads")
    assert labels.label("sources", "event", "trade_fair") == "Trade fair"
    assert labels.label("sources", "event", "gone") == "gone"
    with pytest.raises(UnknownSource):
        labels.source("dream")


def test_an_industry_that_nobody_knows_is_kept_and_counts_as_other() -> None:
    labels = Labels.of(WORDS)
    found = {name: labels.industry(name) for name in ("Technology", "FinTech", "Beekeeping")}
    assert {name: (term.system_key, term.own) for name, term in found.items()} == {
        "Technology": ("technology", None),
        "FinTech": ("finance", "fintech"),
        "Beekeeping": ("other", "Beekeeping"),
    }


WRONG: list[tuple[str, dict[str, str], str]] = [
    ("statuses", {"key": "lost", "label": "Lost"}, "#/statuses/0/key"),
    ("statuses", {"key": "new", "label": "New", "system_key": "qualified"}, "#/statuses/0/system_key"),
    ("sources", {"key": "fair", "label": "Fair"}, "#/sources/0/system_key"),
    ("sources", {"key": "fair", "label": "Fair", "system_key": "party"}, "#/sources/0/system_key"),
    ("industries", {"key": "finance", "label": "Money", "system_key": "retail"}, "#/industries/0/system_key"),
]


@pytest.mark.parametrize(("kind", "word", "pointer"), WRONG)
def test_words_that_cannot_be_are_refused(kind: str, word: dict[str, str], pointer: str) -> None:
    with pytest.raises(InvalidLabels) as caught:
        check_labels({kind: [word]})
    assert [error["pointer"] for error in caught.value.extra["errors"]] == [pointer]
    with pytest.raises(InvalidLabels):
        check_labels({"sources": [WORDS["sources"][1]] * 2})


def test_answers_carry_the_key_and_the_tenants_word(
    ana: httpx.Client, ada: httpx.Client, house: House
) -> None:
    before = created(ana, company="ACME", lead_source="web_form", industry="Technology")
    assert (before["lead_source_label"], before["industry_label"]) == ("Web form", "Technology")
    assert ana.put(LABELS, json=WORDS, headers={"if-match": '"0"'}).status_code == 403
    answer = ada.put(LABELS, json=WORDS, headers={"if-match": ada.get(LABELS).headers["etag"]})
    assert answer.status_code == 200, answer.text
    assert {"key": "trade_fair", "label": "Trade fair", "system_key": "event"} in answer.json()["sources"]
    lead = created(ana, email="jo@acme.example", lead_source="Trade fair", industry="fintech")
    names = ("lead_source", "lead_source_key", "lead_source_label")
    assert [lead[name] for name in names] == ["event", "trade_fair", "Trade fair"]
    assert [lead[name] for name in ("industry", "industry_key", "industry_label")] == [
        "finance",
        "fintech",
        "FinTech",
    ]
    assert lead["score"] == 25, "the system's key counts"
    facts = told(house, "LeadCreated")[-1]
    assert (facts["lead_source"], facts["facts"]["own_industry"]) == ("event", "fintech")
    again = ana.get(f"{LEADS}/{before['id']}").json()
    assert (again["lead_source"], again["lead_source_label"]) == ("web_form", "Website")
    seen = ana.post(f"{LEADS}/{lead['id']}/status", json={"status": "contacted"}).json()
    assert (seen["status"], seen["status_label"]) == ("contacted", "Reached")


def test_a_change_of_industry_speaks_the_tenants_words_too(ana: httpx.Client) -> None:
    lead = created(ana, industry="retail")
    path = f"{LEADS}/{lead['id']}"
    changed = ana.patch(path, json={"industry": "Beekeeping"}, headers={"if-match": '"1"'}).json()
    assert (changed["industry"], changed["industry_label"]) == ("other", "Beekeeping")
    cleared = ana.patch(path, json={"industry": None}, headers={"if-match": '"2"'}).json()
    assert (cleared["industry"], cleared["industry_key"]) == (None, None)


def test_a_source_that_nobody_knows_is_refused(ana: httpx.Client) -> None:
    assert said(ana.post(LEADS, json={"lead_source": "dream"})) == (422, ["#/lead_source"])
