"""Which currencies there are, and how many decimals their minor units stand for."""

import pytest

from chassis.money import DECIMALS, check_currency


@pytest.mark.parametrize(
    ("code", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLP", 0), ("TND", 3), ("AFN", 2), ("XOF", 0)]
)
def test_a_currency_has_the_decimals_of_iso_4217(code: str, decimals: int) -> None:
    assert DECIMALS[check_currency(code)] == decimals


@pytest.mark.parametrize("code", ["XXX", "XTS", "XAU", "XDR", "CLF", "USN", "CHE", "DEM", "eur", "€", ""])
def test_what_nobody_pays_with_is_no_currency(code: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        check_currency(code)
