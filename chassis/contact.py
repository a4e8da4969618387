"""What a person is reached by: checked, and brought to normal form. The raw text is kept beside it."""

import re
from typing import Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email

__all__ = ["COUNTRIES", "check_country", "check_email", "national_digits", "normal_phone"]

COUNTRIES: Final = frozenset({*phonenumbers.SUPPORTED_REGIONS, "AQ", "BV", "GS", "HM", "PN", "TF", "UM"})
"""ISO 3166-1 alpha-2: those with telephones, and the seven without."""


def check_email(raw: str) -> str:
    """The address as it was given; raises ValueError for what no mail can be sent to. Asks no server.

    A dot behind the domain is how some systems write a whole one, so it is no fault.
    """
    try:
        validate_email(raw.removesuffix("."), check_deliverability=False, allow_quoted_local=True)
    except EmailNotValidError as fault:
        raise ValueError(str(fault)) from None
    return raw


def check_country(code: str) -> str:
    """The code itself; raises ValueError for what is no country."""
    if code not in COUNTRIES:
        raise ValueError("must be a country's two letters (ISO 3166-1), such as DE")
    return code


def normal_phone(raw: str, region: str | None) -> str | None:
    """E.164 of a number as people write it; None where it is none, or has no country and no region helps."""
    try:
        parsed = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def national_digits(phone: str) -> str:
    """The digits that every way to write a number has in common: without country, without leading zeros."""
    try:
        return str(phonenumbers.parse(phone).national_number)
    except phonenumbers.NumberParseException:
        return re.sub("[^0-9]", "", phone).lstrip("0")
