"""Engagement: the public front door for what prospects do, and who did it.

Owns: sources and write keys, people (anonymous id, user id, e-mail to lead), raw properties, rejected events.
Writes: engagement.received, engagement.recorded, engagement.rejected.
Reads: engagement.inbound (written by marketing systems), its own engagement.received, leads.lead,
accounts.account, identity.user.
"""
