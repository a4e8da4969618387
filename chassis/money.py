"""Which currencies money is made of (ISO 4217). Amounts are integer minor units; nothing knows fractions.

A minor unit is what ISO 4217 says: a cent of EUR, a yen of JPY (no decimals), a fils of KWD (three). Not what
CLDR says, which is how prices are shown: for a dozen currencies without the minor unit.
"""

from typing import Final

from iso4217 import Currency

_NO_MONEY: Final = frozenset(["BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW", "VED", "XAD"])
"""Funds, units of account, and the second code of the bolívar. Metals, XTS and XXX have no minor unit."""
DECIMALS: Final[dict[str, int]] = {
    currency.code: currency.exponent
    for currency in Currency
    if currency.exponent is not None and currency.code not in _NO_MONEY
}
"""Currencies that money is made of, with the decimals of their minor units."""
LARGEST: Final = 10**15
"""Minor units; what JSON readers and columns keep exactly."""


def check_currency(code: str) -> str:
    """The code itself; raises ValueError for what is no currency."""
    if code not in DECIMALS:
        raise ValueError("must be a currency of ISO 4217, such as EUR")
    return code
