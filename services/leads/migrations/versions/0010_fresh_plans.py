"""The functions that every new lead calls are planned anew at each call.

A connection keeps the plan of a function; one made while the tables were small reads them whole, for ever.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
FUNCTIONS = ("likely_matches(uuid, int, int[], bigint[], int)", "crew(uuid, uuid[], text[], uuid[], int)")


def upgrade() -> None:
    """A planning costs a fraction of a millisecond, a reading of a whole table much more."""
    for function in FUNCTIONS:
        op.execute(f"ALTER FUNCTION {function} SET plan_cache_mode = force_custom_plan")
