"""How the system is started: local processes now, containers and clusters beside it."""
