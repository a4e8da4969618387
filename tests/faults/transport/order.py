"""Judging a topic by what is in it."""

from collections.abc import Iterable


def inversions(arrived: Iterable[tuple[str, int]]) -> int:
    """How often a version of a lead was first seen after a later one."""
    highest: dict[str, int] = {}
    seen: set[tuple[str, int]] = set()
    found = 0
    for lead, version in arrived:
        if (lead, version) not in seen:
            seen.add((lead, version))
            found += version < highest.get(lead, 0)
            highest[lead] = max(version, highest.get(lead, 0))
    return found
