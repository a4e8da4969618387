"""A service of two tables for the tests of outbox, relay and consumer.

It writes versions of leads, one event each; its consumer keeps a trail of the versions that it has applied.
"""
