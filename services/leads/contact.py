"""What a person is reached by, as the chassis checks it and brings it to normal form."""

from chassis.contact import COUNTRIES, check_country, check_email, normal_phone
from chassis.pii import normal_email

__all__ = ["COUNTRIES", "check_country", "check_email", "normal_email", "normal_phone"]
