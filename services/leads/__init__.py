"""Leads: leads, their scores, statuses and owners, the rules of both, web forms.

Owns the database `leads`. Topics out: leads.lead, leads.subject-key, leads.scoring-rules, leads.form,
leads.repair (all by the outbox), leads.score, leads.scoring-state and leads.dead-letter (scoring processor).
Topics in: engagement.recorded, leads.lead, leads.scoring-rules, leads.repair, clock.tick (scoring
processor), engagement.recorded, leads.lead, leads.score, accounts.account, accounts.subject-key,
opportunities.opportunity, leads.dead-letter, clock.tick, identity.user, identity.subject-key (consumers).
"""
