"""What can be done: one function is one operation in one transaction, which the chassis commits."""

from services.engagement.commands.erasure import forget_lead
from services.engagement.commands.leads import accounts_told, leads_converted, leads_moved, leads_told
from services.engagement.commands.receive import receive
from services.engagement.commands.rejections import replay
from services.engagement.commands.sources import (
    add_write_key,
    change_source,
    create_source,
    revoke_write_key,
    rotate_write_key,
)

__all__ = [
    "accounts_told",
    "add_write_key",
    "change_source",
    "create_source",
    "forget_lead",
    "leads_converted",
    "leads_moved",
    "leads_told",
    "receive",
    "replay",
    "revoke_write_key",
    "rotate_write_key",
]
