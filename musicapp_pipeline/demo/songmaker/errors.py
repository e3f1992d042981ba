"""What can go wrong while a song is made."""

from musicapp_pipeline.errors import MusicAppError


class SongMakerError(MusicAppError):
    """Base of this package's errors."""

    code = "song_maker_error"


class BadScore(SongMakerError):
    """A song description that cannot be played."""

    code = "bad_score"


class VoiceUnavailable(SongMakerError):
    """The sung voice was asked for, but flite or pyworld is missing or failed."""

    code = "voice_unavailable"
