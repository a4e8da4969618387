"""What scoring sees of a lead."""

from collections.abc import Mapping


def facts_of(profile: Mapping[str, object]) -> dict[str, bool | int | float | str | None]:
    """What scoring sees of a lead: values without the person (F11)."""
    plain = (
        "industry",
        "company_size",
        "country",
        "region",
        "territory",
        "lead_source",
        "channel",
        "campaign",
        "esg_interest",
        "own_source",
        "own_industry",
    )
    facts: dict[str, bool | int | float | str | None] = {
        name: str(profile[name]) for name in plain if profile.get(name) is not None
    }
    for name in ("email", "phone", "company", "job_title"):
        facts[f"has_{name}"] = bool(profile.get(name))
    return facts
