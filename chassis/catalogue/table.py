"""The picture of services and topics in the README, made from topics.yaml."""

from pathlib import Path

from chassis.catalogue.contract import ROOT, Catalogue, ContractError, Topic

BEGIN, END = "<!-- topics -->", "<!-- /topics -->"
KEPT = {"compact": "newest of each key", "changelog": "newest of each key (state)", "forever": "for ever"}


def readme_table(catalogue: Catalogue) -> str:
    """Every topic with its writer, its readers, how long it is kept and what it carries, as Markdown."""
    rows = ["| topic | written by | read by | kept | carries |", "|---|---|---|---|---|"]
    return "\n".join([*rows, *(_row(topic) for topic in catalogue.topics.values())])


def _row(topic: Topic) -> str:
    cells = (
        f"`{topic.name}`",
        topic.owner,
        ", ".join(topic.readers) or "-",
        KEPT.get(topic.retention, topic.retention),
        ", ".join(record.name for record in topic.records) or "bytes",
    )
    return f"| {' | '.join(cells)} |"


def with_table(readme: str, table: str) -> str:
    """The README with the table between its marks; raises ContractError where it has no marks."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ContractError(f"README.md has no place {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def update(readme: Path = ROOT.parent / "README.md", catalogue: Catalogue | None = None) -> bool:
    """Brings the README up to date; whether it was stale."""
    old = readme.read_text()
    new = with_table(old, readme_table(catalogue or Catalogue.load()))
    readme.write_text(new)
    return new != old
