"""The role import as a process of its own, for a test that kills it: python -m … <database>."""

import sys
import threading
from types import SimpleNamespace

from pydantic import SecretStr

from chassis.catalogue import Catalogue
from chassis.clock import SystemClock
from chassis.db import Database
from chassis.imports import Importer
from chassis.outbox import Publisher
from chassis.pii import Vault
from chassis.settings import LOCAL_PII_KEY
from chassis.testing import packaged_codec
from services.accounts.api.rows import ACCOUNT_ROWS

if __name__ == "__main__":
    catalogue, clock = Catalogue.load(), SystemClock()
    publisher = Publisher(packaged_codec(catalogue), catalogue, "accounts")
    database = Database(sys.argv[1], clock=clock, publisher=publisher)
    vault = Vault(SecretStr(LOCAL_PII_KEY), "accounts.subject-key")
    runtime = SimpleNamespace(database=database, vault=vault, clock=clock)
    importer = Importer(runtime, ACCOUNT_ROWS, threading.Event())
    while importer.import_due():
        pass
    database.close()
