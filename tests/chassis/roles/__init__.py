"""A service with well and badly behaved roles, for the tests of how a process starts and ends."""
