"""Opportunities: deals on their way through a pipeline, what they are worth and when they close.

Owns the database `opportunities`: pipelines with stages, opportunities, their append-only history, the
answers to conversions. Topic out: opportunities.opportunity (by the outbox). Topic in: leads.lead, for the
steps of conversions.
"""
