"""Owns alerts, the inbox, messages and the clock.

Writes notifications.alert, notifications.message, clock.tick and the alert processor's own topics.
Reads leads.lead, leads.score, leads.form, leads.subject-key, accounts.account, opportunities.opportunity,
identity.user, identity.subject-key and clock.tick.
"""
