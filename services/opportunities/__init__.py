"""Opportunities: deals on their way through a pipeline, what they are worth and when they close.

Owns the database `opportunities`: pipelines with stages, opportunities, their append-only history, the
answers to conversions. Topic out: opportunities.opportunity (by the outbox). Topics in: leads.lead (the
steps of conversions), leads.subject-key (what opens what they bring), accounts.account and identity.user
(whose deals there are, who may see them).
"""
