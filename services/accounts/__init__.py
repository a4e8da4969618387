"""Accounts: companies, their contacts, hierarchy and teams, health, scores, timelines.

Owns the database `accounts`. Topics out: accounts.account, accounts.subject-key (by the outbox). Topics in:
leads.lead, leads.score, leads.subject-key, opportunities.opportunity, notifications.alert, clock.tick,
identity.user, identity.subject-key (consumers).
"""
