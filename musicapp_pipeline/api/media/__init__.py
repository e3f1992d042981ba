"""Serving media."""
