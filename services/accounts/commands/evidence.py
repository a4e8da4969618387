"""What bears on the health and the score of accounts, read for many of them at once (F22, F54)."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, text, true

from chassis.db import UnitOfWork
from services.accounts.domain.health import UPSELL_SOURCES, Fact
from services.accounts.domain.score import COUNTED, SHARES, LeadScore
from services.accounts.models import Account, Lead

Facts = dict[UUID, list[Fact]]
_FACTS = text(
    """
    WITH deals AS (
        SELECT account_id, id, opened_at, closed_at, outcome FROM opportunities
        WHERE tenant_id = :tenant AND account_id = ANY(CAST(:accounts AS uuid[])) AND NOT withdrawn
    ), its_leads AS (
        SELECT account_id, id, joined_at, qualified_at, lead_source FROM leads
        WHERE tenant_id = :tenant AND account_id = ANY(CAST(:accounts AS uuid[]))
    ), signs AS (
        SELECT account_id, 'new_lead' AS kind, joined_at AS at FROM its_leads WHERE joined_at IS NOT NULL
        UNION ALL
        SELECT account_id, 'sign', at FROM timeline
        WHERE tenant_id = :tenant AND account_id = ANY(CAST(:accounts AS uuid[])) AND sign
    )
    SELECT account_id, 'opportunity_opened', CAST(id AS text), opened_at FROM deals
    UNION ALL
    SELECT account_id, CASE outcome WHEN 'won' THEN 'deal_won' ELSE 'deal_lost' END, CAST(id AS text),
        closed_at
    FROM deals WHERE closed_at IS NOT NULL
    UNION ALL
    SELECT account_id, 'upsell_qualified', CAST(id AS text), greatest(qualified_at, joined_at)
    FROM its_leads WHERE qualified_at IS NOT NULL AND lead_source = ANY(CAST(:upsells AS text[]))
    UNION ALL
    SELECT account_id, kind, NULL, unnest(ARRAY[min(at), max(at)])
    FROM signs GROUP BY account_id, kind, date_trunc('day', at, 'UTC')
    """
)


def facts_of(uow: UnitOfWork, account_ids: Collection[UUID]) -> Facts:
    """All that bears on the health of each account; of signs of life only the first and last of a day."""
    asked = {"tenant": uow.tenant, "accounts": list(account_ids), "upsells": sorted(UPSELL_SOURCES)}
    found: Facts = defaultdict(list)
    for account_id, kind, cause, at in uow.session.execute(_FACTS, asked):
        found[account_id].append(Fact(kind, cause or at.isoformat(), at))
    return found


def hottest_leads(uow: UnitOfWork, account_ids: Collection[UUID]) -> dict[UUID, list[LeadScore]]:
    """The leads that count for the score of each account."""
    counted = (Lead.status.in_(COUNTED), Lead.archived.is_(False))
    hot = (
        select(Lead.id, Lead.score)
        .where(Lead.tenant_id == uow.tenant, Lead.account_id == Account.id, *counted)
        .order_by(Lead.score.desc(), Lead.id)
        .limit(len(SHARES))
        .lateral()
    )
    asked = select(Account.id, hot.c.id, hot.c.score).join(hot, true())
    mine = (Account.tenant_id == uow.tenant, Account.id.in_(account_ids))
    found: dict[UUID, list[LeadScore]] = defaultdict(list)
    for account_id, lead_id, score in uow.session.execute(asked.where(*mine)):
        found[account_id].append(LeadScore(str(lead_id), score))
    return found
