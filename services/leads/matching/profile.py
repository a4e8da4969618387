"""What is compared: a person or an account in normal forms."""

from typing import Literal, NamedTuple

from chassis.companies import company_key, folded, own_domain

Kind = Literal["account", "contact", "lead"]


class Profile(NamedTuple):
    """Normal forms; an empty text says nothing."""

    kind: Kind
    name: str = ""
    """A person's name as written, folded."""
    company: str = ""
    email: str = ""
    domain: str = ""
    """E-mail domain of the company's own; free mail has none."""
    phone: str = ""
    """E.164"""


def person(
    kind: Kind,
    first_name: str | None,
    last_name: str | None,
    company: str | None,
    email: str | None,
    phone: str | None,
) -> Profile:
    """A lead or a contact; e-mail and phone are normal already."""
    name = folded(f"{first_name or ''} {last_name or ''}")
    firm = company_key(company) if company else ""
    return Profile(kind, name, firm, email or "", own_domain(email) or "", phone or "")


def account(name: str, domain: str | None) -> Profile:
    """An account; its name is the company's."""
    return Profile("account", company=company_key(name), domain=own_domain(f"@{domain or ''}") or "")


def ordered(name: str) -> str:
    """Doe Jo and Jo Doe are one name."""
    return " ".join(sorted(name.split()))
