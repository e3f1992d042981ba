"""Hearing the song: beats, sections, energy."""
