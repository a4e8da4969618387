"""Steps of this service's database."""
