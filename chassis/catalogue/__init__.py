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
    "ensure_topics",
    "look_up_ids",
    "register_schemas",
    "verify_topics",
]
