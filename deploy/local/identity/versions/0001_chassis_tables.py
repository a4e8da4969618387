"""Outbox and subject keys: all that seeding needs."""

from alembic import op

from chassis.migrations import create_chassis_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the tables of the chassis."""
    create_chassis_tables(op)
