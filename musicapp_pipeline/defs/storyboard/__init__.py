"""The storyboard and the plan of each scene."""
