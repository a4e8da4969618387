"""What can be done: one function is one operation in one transaction, which the chassis commits."""

from services.engagement.commands.erasure import forget_lead
from services.engagement.commands.leads import account_told, lead_converted, lead_told, leads_moved
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
    "account_told",
    "add_write_key",
    "change_source",
    "create_source",
    "forget_lead",
    "lead_converted",
    "lead_told",
    "leads_moved",
    "receive",
    "replay",
    "revoke_write_key",
    "rotate_write_key",
]
