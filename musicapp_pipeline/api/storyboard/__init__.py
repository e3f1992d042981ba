"""The storyboard: what was heard, and the timeline."""
