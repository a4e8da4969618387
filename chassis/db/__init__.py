"""PostgreSQL: the unit of work, its tenant, its tables and its errors."""

from chassis.db.connections import (
    APP_TIMEOUTS,
    KEEPALIVE,
    connect,
    connection_arguments,
    libpq_url,
    sqlalchemy_url,
)
from chassis.db.errors import (
    TRIES,
    Contended,
    DatabaseUnavailable,
    PoolExhausted,
    retried,
    took_too_long,
    translated,
)
from chassis.db.inserts import insert_fresh, insert_plain, values_of, whole, write_plain
from chassis.db.models import Model, TenantScoped
from chassis.db.newest import keep_newest
from chassis.db.unit import POOL_SECONDS, Database, Transaction, UnitOfWork

__all__ = [
    "APP_TIMEOUTS",
    "KEEPALIVE",
    "POOL_SECONDS",
    "TRIES",
    "Contended",
    "Database",
    "DatabaseUnavailable",
    "Model",
    "PoolExhausted",
    "TenantScoped",
    "Transaction",
    "UnitOfWork",
    "connect",
    "connection_arguments",
    "insert_fresh",
    "insert_plain",
    "keep_newest",
    "libpq_url",
    "retried",
    "sqlalchemy_url",
    "took_too_long",
    "translated",
    "values_of",
    "whole",
    "write_plain",
]
