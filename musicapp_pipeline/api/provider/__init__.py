"""What video providers tell us by themselves."""
