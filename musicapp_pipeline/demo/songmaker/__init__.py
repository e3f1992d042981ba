"""Songs whose truth is known, made by code: composed, sung, mixed and mastered in numpy."""
