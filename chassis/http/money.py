"""Money as callers send it."""

from typing import Annotated

from pydantic import AfterValidator, Field

from chassis.http.models import RequestModel
from chassis.money import LARGEST, check_currency

Currency = Annotated[
    str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217"), AfterValidator(check_currency)
]
Minor = Annotated[int, Field(ge=0, le=LARGEST, description="In minor units of the currency")]


class AmountBody(RequestModel):
    """An amount in minor units of its currency: 12.50 EUR is 1250, 12 JPY is 12, 1.250 KWD is 1250."""

    minor: Minor
    currency: Currency
