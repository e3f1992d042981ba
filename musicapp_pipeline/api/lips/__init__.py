"""Lip-sync of single takes, and a person's nudges of it."""
