"""A service of one table for the tests of outbox, relay and consumer: it keeps tallies of leads."""
