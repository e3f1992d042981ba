"""Exports: the finished files."""
