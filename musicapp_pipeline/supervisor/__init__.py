"""``musicapp up``: everything on one machine, supervised."""
