"""The `salescompass` command."""
