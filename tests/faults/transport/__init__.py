"""Outbox, relay and consumer while processes die, stand still and stand in each other's way."""
