"""lipsync."""
