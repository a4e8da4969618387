"""Stream processors under kills, pauses and cuts."""
