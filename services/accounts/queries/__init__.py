"""SQL to view rows."""

from services.accounts.queries.accounts import After, Order, Wanted, get_account, list_accounts, sort_value

__all__ = ["After", "Order", "Wanted", "get_account", "list_accounts", "sort_value"]
