"""What this service says to a conversion: whether account and contact can be had."""

from dataclasses import dataclass
from typing import Literal

Code = Literal["account_not_found", "account_closed", "contact_not_found", "email_taken", "not_possible"]


@dataclass(frozen=True)
class Refusal:
    """Why a conversion cannot go on."""

    code: Code
    reason: str


@dataclass(frozen=True)
class Found:
    """What there is already of what a conversion asks for."""

    account: Literal["none", "open", "closed"]
    contact_in_account: bool = False
    """Whether the contact that the caller chose is one of the account's."""
    email_elsewhere: str | None = None
    """Name of another account of which a contact has the lead's e-mail address."""


def refusal(path: str, contact_exists: bool, found: Found) -> Refusal | None:
    """Why the step is refused; None where it is possible.

    Path A opens the account, so it must not be there; path B needs it, open. An e-mail address belongs to one
    contact of the tenant (F52), so one that is another account's is refused on both paths.
    """
    if path == "A" and found.account != "none":
        return Refusal("not_possible", "An account with this id exists already.")
    if path == "B" and found.account == "none":
        return Refusal("account_not_found", "There is no such account.")
    if found.account == "closed":
        return Refusal("account_closed", "The account is closed.")
    if contact_exists and not found.contact_in_account:
        return Refusal("contact_not_found", "The account has no such contact.")
    if found.email_elsewhere is not None:
        return Refusal(
            "email_taken", f"The e-mail address is that of a contact of {found.email_elsewhere}; choose it."
        )
    return None
