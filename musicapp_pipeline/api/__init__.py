"""The REST facade: thin endpoints over the store, the spend ledger and the planner."""
