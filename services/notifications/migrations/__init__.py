"""Steps of the notifications database."""
