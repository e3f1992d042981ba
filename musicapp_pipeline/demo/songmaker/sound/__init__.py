"""The instruments: plain numpy signals, no samples and no state."""
