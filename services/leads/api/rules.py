"""Routes of the scoring rules: drafted, published, listed (F17)."""

from typing import Annotated

from fastapi import Path

from chassis.http import Router, RuntimeDep, Transaction, accepts, require
from services.leads import commands, queries
from services.leads.api.bodies.rules import NewRules, Publication, rule_of
from services.leads.api.views.rules import RuleSetView, RulesView, rule_set_view

router = Router(prefix="/api/leads/scoring-rules", tags=["scoring rules"])
RULE_EDITORS = require("marketing", "admin")
Version = Annotated[int, Path(ge=1, lt=2**31)]


@router.get("")
def list_scoring_rules(uow: Transaction) -> RulesView:
    """The rules in force, every draft and every published version."""
    rules = commands.rules_in_force(uow)
    versions = [rule_set_view(row) for row in queries.list_rule_sets(uow)]
    return RulesView(in_force=rules.version, rules=commands.rules.records(rules), versions=versions)


@router.post("", status_code=201, dependencies=[RULE_EDITORS])
@accepts(idempotency_key="optional")
def draft_scoring_rules(body: NewRules, uow: Transaction) -> RuleSetView:
    """Keeps a draft as the tenant's next version; nothing is scored by it yet."""
    return rule_set_view(commands.draft_rules(uow, [rule_of(rule) for rule in body.rules]))


@router.post("/{version}/publish", dependencies=[RULE_EDITORS])
def publish_scoring_rules(
    version: Version, body: Publication, uow: Transaction, runtime: RuntimeDep
) -> RuleSetView:
    """Puts a draft in force: from its effective time it scores all evidence, old and new."""
    partitions = runtime.catalogue.topic("leads.scoring-rules").partitions
    return rule_set_view(commands.publish_rules(uow, version, body.effective_at, partitions))
