"""The territories of a tenant: which countries and regions lie in which."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.leads.scoring import refuse_faulty


@dataclass(frozen=True)
class Territory:
    """Countries, and of these certain regions only where any are named."""

    key: str
    countries: tuple[str, ...]
    regions: tuple[str, ...] = ()
    label: str | None = None

    def holds(self, country: str | None, region: str | None) -> bool:
        """Whether a place lies in it; how a region is spelt in capitals says nothing."""
        regions = {name.casefold() for name in self.regions}
        return country in self.countries and (not regions or (region or "").casefold() in regions)


def territory_of(table: Sequence[Territory], country: str | None, region: str | None) -> str | None:
    """The first territory that a place lies in."""
    return next((one.key for one in table if one.holds(country, region)), None)


def check_territories(table: Sequence[Territory]) -> None:
    """Raises InvalidRules where two have the same key."""
    refuse_faulty(((one.key, ()) for one in table), "territories")
