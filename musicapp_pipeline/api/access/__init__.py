"""Who may do what: tokens, owners, signed addresses, limits."""
