"""The embedded runtime: Kafka, registry, PostgreSQL, gateway and services as local processes."""
