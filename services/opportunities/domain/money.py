"""Money is integer minor units of an ISO 4217 currency; nothing here knows fractions.

A minor unit is what ISO 4217 says: a cent of EUR, a yen of JPY (no decimals), a fils of KWD (three).
"""

from dataclasses import dataclass
from typing import Final

from services.opportunities.domain.errors import InvalidMoney

LARGEST: Final = 10**15
"""Minor units; far beyond any deal, and well within what JSON readers and columns keep exactly."""

_CODES: Final = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD "
    "HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL "
    "LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP "
    "PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT "
    "TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
)
_UNUSUAL: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
DECIMALS: Final[dict[str, int]] = {
    **dict.fromkeys(_CODES.split(), 2),
    **{code: decimals for decimals, codes in _UNUSUAL.items() for code in codes.split()},
}
"""Currencies that money is made of, with their decimals. ISO's own, not CLDR's: CLDR says how prices are
shown, which for a dozen currencies is without the minor unit. Funds, metals, XTS and XXX are no money."""


@dataclass(frozen=True)
class Money:
    """An amount of a currency. Raises InvalidMoney where it cannot be."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in DECIMALS:
            raise InvalidMoney(f"{self.currency} is no currency of ISO 4217 that money is made of.")
        if not 0 <= self.minor <= LARGEST:
            raise InvalidMoney(f"An amount is 0 to {LARGEST} minor units.")


def percent_of(minor: int, percent: int) -> int:
    """So many percent of an amount, in whole minor units; half a unit is rounded up."""
    return (minor * percent + 50) // 100


def weighted(minor: int, probability: int) -> int:
    """Weighted value (F61): amount x probability / 100, half a minor unit rounded up.

    Each deal is rounded by itself, so that totals are sums of what is shown of the deals.
    """
    return percent_of(minor, probability)


def score_factor(score: int) -> int:
    """The factor of a lead's shown score, in percent: 80 for 0, 100 for 50, 120 for 100; linear, half up.

    Shown beside the weighted value and never part of it (F61).
    """
    return 80 + percent_of(score, 40)
