"""Takes: the provider's clip and its mezzanine."""
