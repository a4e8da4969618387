"""Who works with an account besides its owner, and as what (F58)."""

from uuid import UUID

from chassis.colleagues import ColleagueRow
from chassis.db import UnitOfWork
from services.accounts.commands.accounts import changeable, tell_change
from services.accounts.domain import ColleagueNotFound
from services.accounts.models import TeamMember


def set_member(uow: UnitOfWork, account_id: UUID, user_id: UUID, role: str) -> TeamMember:
    """Gives a colleague a role in the team; the same role again is a no-op.

    Raises AccountNotFound, AccountClosed, ColleagueNotFound.
    """
    account = changeable(uow, account_id)
    check_colleague(uow, user_id)
    member = uow.session.get(TeamMember, (uow.tenant, account_id, user_id))
    if member is None:
        key = {"tenant_id": uow.tenant, "account_id": account_id, "user_id": user_id}
        member = TeamMember(**key, role="", since=uow.now)
        uow.session.add(member)
    if member.role != role:
        member.role = role
        tell_change(uow, account, ["team"])
    return member


def remove_member(uow: UnitOfWork, account_id: UUID, user_id: UUID) -> None:
    """Takes a colleague from the team; one who is not in it is no change. Raises as `set_member`."""
    account = changeable(uow, account_id)
    check_colleague(uow, user_id)
    member = uow.session.get(TeamMember, (uow.tenant, account_id, user_id))
    if member is not None:
        uow.session.delete(member)
        tell_change(uow, account, ["team"])


def check_colleague(uow: UnitOfWork, user_id: UUID) -> None:
    """Raises ColleagueNotFound where nobody of the tenant has this id."""
    if uow.session.get(ColleagueRow, (uow.tenant, user_id)) is None:
        raise ColleagueNotFound
