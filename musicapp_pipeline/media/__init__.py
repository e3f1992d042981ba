"""Sound, pictures and video files: reading, writing, probing, and the one door to ffmpeg."""
