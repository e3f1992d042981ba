"""Placing known phones in a recording with pocketsphinx's English acoustic model."""
