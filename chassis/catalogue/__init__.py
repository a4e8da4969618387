"""The contract at run time: topics.yaml and the records, checked and brought to broker and registry."""

from chassis.catalogue.contract import Catalogue, ContractError, Record, Topic
from chassis.catalogue.registry import Incompatible, NotFound, Registry, RegistryUnavailable
from chassis.catalogue.schemas import look_up_ids, register_schemas
from chassis.catalogue.topics import TopicMismatch, ensure_topics, verify_topics

__all__ = [
    "Catalogue",
    "ContractError",
    "Incompatible",
    "NotFound",
    "Record",
    "Registry",
    "RegistryUnavailable",
    "Topic",
    "TopicMismatch",
    "bring",
    "ensure_topics",
    "look_up_ids",
    "register_schemas",
    "verify_topics",
]


def bring(bootstrap: str, registry_url: str) -> tuple[int, int]:
    """Makes topics and registers schemas, as a new system needs it: how many new topics, how many subjects.

    Raises TopicMismatch, Incompatible, RegistryUnavailable, KafkaException. Blocks. Repeated: no change.
    """
    catalogue = Catalogue.load()
    made = ensure_topics(catalogue, bootstrap)
    with Registry(registry_url) as registry:
        return len(made), len(register_schemas(catalogue, registry))
