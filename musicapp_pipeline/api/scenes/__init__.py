"""Scenes: what is shown when."""
