"""Other ways to get the parts that tests stand on."""
