"""The `salescompass` command: one module for each group of commands."""

import sys


def main() -> None:
    """Runs the command line; what is wrong with machine or system is said in a line, with exit code 1."""
    from cli.app import run

    sys.exit(run())
