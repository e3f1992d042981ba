"""The singer: spoken phones put on notes."""
