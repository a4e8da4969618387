"""Every rule of the contract, with a case that breaks it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chassis.catalogue import Catalogue, ContractError
from chassis.catalogue.check import check, publish
from chassis.catalogue.contract import ROOT
from chassis.catalogue.table import BEGIN, END, readme_table, with_table

RECORDED = "engagement/engagement_recorded.v1.avsc"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "schemas"
    shutil.copytree(ROOT, copy)
    (copy / "published.json").unlink(missing_ok=True)
    return copy


def changed(folder: Path, change: Change, version: int = 1) -> None:
    """Changes a record file, or makes its next version of it."""
    file = folder / RECORDED
    schema = json.loads(file.read_text())
    change(schema)
    file.with_name(f"engagement_recorded.v{version}.avsc").write_text(json.dumps(schema))


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(f for f in schema["fields"] if f["name"] == name)
    return found


def test_the_contract_is_right(folder: Path) -> None:
    assert check(folder) == []


BREAKS: dict[str, Change] = {
    "has no doc": lambda s: s.pop("doc"),
    "EngagementRecorded.kind has no doc": lambda s: field(s, "kind").pop("doc"),
    "begins with kind": lambda s: s["fields"].insert(0, s["fields"].pop(3)),
    "tenant_id is not the second": lambda s: s["fields"].insert(3, s["fields"].pop(1)),
    "logical type": lambda s: field(s, "occurred_at").update(
        type={"type": "long", "logicalType": "timestamp-millis"}
    ),
    "no default null": lambda s: field(s, "path").pop("default"),
    "is not Avro": lambda s: field(s, "kind").update(type="strung"),
    "example is none of it": lambda s: field(s, "lead_id").update(name="prospect_id"),
    "carries email in the clear": lambda s: field(s, "kind").update(name="email"),
}


@pytest.mark.parametrize("fault", BREAKS)
def test_a_record_that_breaks_a_rule_is_found(folder: Path, fault: str) -> None:
    changed(folder, BREAKS[fault])
    assert any(fault in line for line in check(folder))


def test_a_record_without_an_example_is_found(folder: Path) -> None:
    (folder / "examples" / RECORDED.replace("avsc", "json")).unlink()
    assert check(folder) == [
        "engagement/engagement_recorded.v1: has no example, examples/engagement/engagement_recorded.v1.json"
    ]


def test_a_record_that_no_topic_carries_is_found(folder: Path) -> None:
    (folder / RECORDED).rename(folder / "engagement/engagement_forgotten.v1.avsc")
    assert "which has no record file" in check(folder)[0]


def test_a_new_version_that_old_readers_cannot_read_is_found(folder: Path) -> None:
    changed(folder, lambda s: s["fields"].append({"name": "weight", "type": "int", "doc": "New."}), version=2)
    assert any("version 2 cannot read version 1" in line for line in check(folder))
    changed(folder, lambda s: field(s, "occurred_at").update(type="string"), version=2)
    assert any("version 1 cannot read version 2" in line for line in check(folder))


def test_a_new_version_with_a_default_is_well(folder: Path) -> None:
    new = {"name": "weight", "type": "int", "default": 1, "doc": "New."}
    changed(folder, lambda s: s["fields"].append(new), version=2)
    example = folder / "examples" / RECORDED.replace("avsc", "json")
    value = json.loads(example.read_text())
    example.with_name("engagement_recorded.v2.json").write_text(json.dumps({**value, "weight": 2}))
    assert check(folder) == []


def test_a_version_that_is_left_out_is_found(folder: Path) -> None:
    changed(folder, lambda _: None, version=3)
    assert "expected 1 to 2" in check(folder)[0]


def test_a_published_record_never_changes(folder: Path) -> None:
    assert RECORDED in publish(folder)
    assert publish(folder) == []
    changed(folder, lambda s: s.update(doc="Something else."))
    assert check(folder) == [f"{RECORDED}: was published and has changed; write a new version"]
    with pytest.raises(ContractError):
        publish(folder)


def test_a_retention_that_is_none_is_found(folder: Path) -> None:
    topics = folder / "topics.yaml"
    topics.write_text(topics.read_text().replace("retention: 90d", "retention: soon"))
    assert "has the retention 'soon'" in check(folder)[0]


def test_the_readme_shows_every_topic() -> None:
    readme, table = (ROOT.parent / "README.md").read_text(), readme_table(Catalogue.load())
    assert with_table(readme, table) == readme, "stale: make schemas"
    assert all(f"`{name}`" in table for name in Catalogue.load().topics)


def test_a_readme_without_a_place_for_the_table_is_refused() -> None:
    assert with_table(f"a {BEGIN}old{END} z", "T") == f"a {BEGIN}\nT\n{END} z"
    with pytest.raises(ContractError):
        with_table("nothing here", "T")
