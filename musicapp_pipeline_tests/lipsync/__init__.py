"""Lip-sync: words in a recording, and mouths in a picture."""
