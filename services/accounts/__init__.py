"""Accounts: companies, their contacts, hierarchy and teams, health, scores, timelines.

Owns the database `accounts`. Topics out: accounts.account, accounts.subject-key (by the outbox). Topics in:
leads.lead, leads.subject-key (consumers).
"""
