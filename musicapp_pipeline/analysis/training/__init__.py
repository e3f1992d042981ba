"""Songs with exact truth, and the small network that learns to hear beats from them.

Nothing here runs when a song is analysed. Making songs needs the ``fluidsynth`` program and
General MIDI sound fonts; training needs PyTorch. Neither is a dependency of the project; see
``docs/analysis.md``.
"""
