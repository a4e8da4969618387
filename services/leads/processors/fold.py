"""The fold: evidence of leads, rules and time into scores."""

from chassis.ids import derived_id
from chassis.streams import Message, Outputs, Store
from services.leads import scoring
from services.leads.processors.kept import Rules, Scored, grown, packed, unknown, unpacked
from services.leads.processors.records import Told, evidence_of, record_of
from services.leads.processors.rules import RULES, in_force, publish
from services.leads.scoring import Evidence, RulesChanged, RuleSet, Time

SCORES = "leads.score"
RESCORED_AT_ONCE = 500
"""Leads of one tenant that are counted anew in one group when rules come into force."""
_TENANT = 36
"""So long is the tenant at the start of a key; a colon and the lead follow."""


class ScoringFold:
    """Folds engagement, facts, adjustments, rules and time into scores (F12). See `chassis.streams.Fold`."""

    name = "leads.scoring"
    source = "/leads/scoring"
    inputs: tuple[str, ...] = ("engagement.recorded", "leads.lead", "leads.scoring-rules")
    changelog = "leads.scoring-state"
    repair = "leads.repair"
    dead_letter = "leads.dead-letter"
    ticks: str | None = "clock.tick"
    outputs: tuple[str, ...] = (SCORES,)

    def __init__(self) -> None:
        self._default = scoring.default_rules()

    def apply(self, message: Message, store: Store[Scored | Rules], out: Outputs) -> None:
        """Folds one record. Raises ValueError where the key names another lead than the record."""
        _, _, _, key, type, record, _ = message
        if type == "ScoringRulesPublished":
            publish(RULES + key[:_TENANT], record, store)
            return
        found = evidence_of(type, record)
        if found is None:
            return
        if key[_TENANT + 1 :] != record["lead_id"].encode():
            raise ValueError("the key names another lead than the record")
        self._step(key, *found, store, out)

    def timer(self, key: bytes, now: int, store: Store[Scored | Rules], out: Outputs) -> None:
        """What is due by `now`: points decay, a rule set comes into force, a tenant's leads are rescored."""
        state = store.get(key)
        if isinstance(state, Rules):
            self._rescore(key, in_force(state, now), store, out)
        elif state is not None and (due := self.due(state)) is not None:
            told = Told("time", str(derived_id(key.decode(), "time", due)), due, due)
            self._step(key, Time(due), told, store, out)

    def pack(self, state: Scored | Rules) -> bytes:
        """The state as msgpack, its format first."""
        return packed(state)

    def unpack(self, raw: bytes) -> Scored | Rules:
        """The state again, also from every older format; raises ValueError for one from the future."""
        return unpacked(raw)

    def due(self, state: Scored | Rules) -> int | None:
        """When a lead's points change by themselves, or a tenant's next rules come into force."""
        if isinstance(state, Scored):
            return state.state.next_change_at
        if state.rescored is not None:
            return 0
        return state.coming[0].effective_at if state.coming else None

    def _rules(self, key: bytes, store: Store[Scored | Rules]) -> RuleSet:
        held = store.get(RULES + key[:_TENANT])
        if held is None or held[0] is None:
            return self._default
        return held[0].rules  # type: ignore[union-attr]

    def _step(
        self, key: bytes, evidence: Evidence, told: Told, store: Store[Scored | Rules], out: Outputs
    ) -> None:
        """Takes the evidence in and says what changed: in full at the first touch in an epoch."""
        held = store.get(key)
        known = held if isinstance(held, Scored) else unknown()
        before, epoch, sequence, _, _ = known
        rules = self._rules(key, store)
        state, outcome = scoring.step(before, evidence, rules)
        if epoch != store.epoch and state.rules_version == rules.version:
            outcome = scoring.whole(state, rules, before.fit + before.engagement)
            epoch, sequence = store.epoch, 0
        elif outcome is None:
            if state is not before:
                store.put(key, grown(known, state, epoch, sequence))
            return
        if outcome is not None:
            sequence += 1
            record = record_of(key.decode(), told, epoch, sequence, outcome)
            out.send(SCORES, key, "ScoreChanged", record, record["event_id"])
        store.put(key, grown(known, state, epoch, sequence))

    def _rescore(self, key: bytes, held: Rules, store: Store[Scored | Rules], out: Outputs) -> None:
        """Counts the next leads of a tenant anew; asks to be woken while there are more."""
        if held.in_force is not None and held.rescored is not None:
            effective_at, event_id, _ = held.in_force
            tenant = key.removeprefix(RULES) + b":"
            leads = store.keys(tenant, held.rescored, RESCORED_AT_ONCE)
            told = Told("rules", event_id, effective_at, effective_at)
            store.put(key, held)
            for lead in leads:
                self._step(lead, RulesChanged(event_id, effective_at), told, store, out)
            held = held._replace(rescored=leads[-1] if len(leads) == RESCORED_AT_ONCE else None)
        store.put(key, held)
        if held.rescored is not None:
            store.wake(key)
