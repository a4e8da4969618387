"""The fields that ACME gives its leads."""

from typing import Any

import httpx
import pytest

from tests.services.leads.test_api import LEADS

Json = dict[str, Any]
FIELDS: dict[str, dict[str, str]] = {
    "wish": {"label": "Heart's wish", "type": "text"},
    "fleet": {"label": "Size of fleet", "type": "number"},
    "vip": {"label": "VIP", "type": "boolean"},
    "born": {"label": "Date of birth", "type": "date"},
}
FILLED: Json = {"wish": "12 trucks", "fleet": 40.5, "vip": True, "born": "1988-02-29"}
SETTING = f"{LEADS}/settings/custom-fields"


def put(client: httpx.Client, path: str, body: Json) -> httpx.Response:
    """A setting over whatever stands."""
    return client.put(path, json=body, headers={"if-match": client.get(path).headers["etag"]})


@pytest.fixture
def defined(ada: httpx.Client) -> None:
    """ACME's leads have a wish, a fleet, a birthday, and may be important."""
    assert put(ada, SETTING, {"custom_fields": FIELDS}).json() == {"custom_fields": FIELDS}


def custom(client: httpx.Client, lead: Json) -> Json:
    """What a lead holds in the tenant's own fields."""
    return dict(client.get(f"{LEADS}/{lead['id']}").json()["custom"])
