"""Normal forms of what a person is reached by: e-mail and phone. The raw text is kept beside them."""

import phonenumbers

from chassis.pii import normal_email

__all__ = ["normal_email", "normal_phone"]


def normal_phone(raw: str, region: str | None) -> str | None:
    """E.164 of a number as people write it; None where it is none, or has no country and no region helps."""
    try:
        parsed = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
