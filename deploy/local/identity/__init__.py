"""The database of the seeded people, until the identity service takes it over."""
