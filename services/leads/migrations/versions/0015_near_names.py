"""Keys under which people are found by a word of their name and their company, and by their whole name."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

from alembic import op
from sqlalchemy import text

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

AT_ONCE = 5_000
PEOPLE = """
SELECT tenant_id, object, id, name, company, domain FROM match_records
WHERE object <> 'account' AND name <> ''
"""
ACCOUNTS = """
SELECT tenant_id, object, id, name, company, domain FROM match_records
WHERE object = 'account' AND company <> ''
"""
ADD = """
INSERT INTO match_keys (tenant_id, key, object, id) VALUES (:tenant_id, :key, :object, :id)
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    """The keys of before stay for the code of before; its new records get the new keys when they change."""
    for table in ("match_records", "match_keys"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for some in op.get_bind().execute(text(f"{PEOPLE} UNION ALL {ACCOUNTS}")).partitions(AT_ONCE):
        if rows := [row for record in some for row in keyed(record)]:
            op.get_bind().execute(text(ADD), rows)
    for table in ("match_records", "match_keys"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def keyed(record: Any) -> Iterator[dict[str, Any]]:
    """The new rows of a record; as the code computed them when this step was written."""
    mine = {"tenant_id": record.tenant_id, "object": record.object, "id": record.id}
    for words in {*texts(record)}:
        digest = blake2b(words.encode(), digest_size=8, key=record.tenant_id.bytes).digest()
        yield {**mine, "key": int.from_bytes(digest, signed=True)}


def texts(record: Any) -> Iterator[str]:
    """What is hashed."""
    if record.object == "account":
        yield f"account {record.company}"
        return
    words = record.name.split()
    yield f"name {' '.join(sorted(words))}"
    for firm in filter(None, (record.company, record.domain)):
        yield f"{words[0]} of {firm}"
        yield f"{words[-1]} of {firm}"
