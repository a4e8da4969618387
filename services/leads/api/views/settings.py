"""What a tenant decided for itself, and its words."""

from chassis.http import View
from services.leads.domain import Labels
from services.leads.domain.custom import Kind
from services.leads.domain.labels import SYSTEM


class ResponseView(View):
    """Where the tenant is at home, and how soon its leads are to be answered."""

    home_country: str | None
    respond_within_seconds: int


class WordView(View):
    """A word, what people read, and the system key that it stands for."""

    key: str
    label: str
    system_key: str


class LabelsView(View):
    """Every word of the tenant's, relabelled or its own."""

    statuses: list[WordView]
    sources: list[WordView]
    industries: list[WordView]


class CustomFieldView(View):
    """What people read for a custom field, and what it holds."""

    label: str
    type: Kind


class CustomFieldsView(View):
    """All custom fields of the tenant's leads, by name."""

    custom_fields: dict[str, CustomFieldView]


def labels_view(labels: Labels) -> LabelsView:
    """As the API shows a tenant's words."""
    words = {kind: [WordView.model_validate(term) for term in labels.terms(kind)] for kind in SYSTEM}
    return LabelsView.model_validate(words)
