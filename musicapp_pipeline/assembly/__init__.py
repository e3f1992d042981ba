"""From takes to a video: conform, stitch, verify, score, choose a poster."""
