"""The errors of media: one base, and one class for each thing a person can act on."""

from collections.abc import Sequence

from musicapp_pipeline.errors import MusicAppError


class MediaError(MusicAppError):
    """Base of all errors of ``musicapp_pipeline.media``."""

    code = "media_error"


class FfmpegMissing(MediaError):
    """The ffmpeg that the imageio-ffmpeg wheel carries is not there."""

    code = "ffmpeg_missing"


class FfmpegFailed(MediaError):
    """ffmpeg ended with an error, ran out of time or could not be started."""

    code = "ffmpeg_failed"

    def __init__(self, message: str, *, command: Sequence[str] = (), stderr: str = "") -> None:
        super().__init__(message, field="media", value=stderr[-500:] or None)
        self.command = tuple(command)
        self.stderr = stderr


class MediaCancelled(MediaError):
    """Somebody asked for the work to stop, and it did."""

    code = "cancelled"


class NotMedia(MediaError):
    """Not a file that holds sound or pictures (or a playlist, which is never followed)."""

    code = "not_media"


class SongError(MediaError):
    """Base of what makes a file unusable as a song."""

    code = "bad_song"


class EmptyFile(SongError):
    """No bytes, or no samples."""

    code = "empty_file"


class NotAudio(SongError):
    """The bytes are not audio."""

    code = "not_audio"


class NoAudioStream(SongError):
    """A media file without sound."""

    code = "no_audio_stream"


class BrokenAudio(SongError):
    """Most of the sound cannot be decoded."""

    code = "broken_audio"


class SilentSong(SongError):
    """Nothing above the silence threshold."""

    code = "silent_song"


class SongTooShort(SongError):
    """Shorter than a video can be cut to."""

    code = "song_too_short"


class SongTooLong(SongError):
    """Longer than this project takes."""

    code = "song_too_long"


class BadImage(MediaError):
    """Not a picture, or one of an absurd size."""

    code = "bad_image"


class BadVideo(MediaError):
    """A video that cannot be read or written as asked."""

    code = "bad_video"


class ClipError(MediaError):
    """Base of what makes a delivered clip unusable."""

    code = "bad_clip"


class ClipNotVideo(ClipError):
    """No moving pictures in it."""

    code = "clip_not_video"


class ClipTruncated(ClipError):
    """The file ends before its video does, as after an interrupted download."""

    code = "clip_truncated"


class ClipDamaged(ClipError):
    """Frames of it cannot be decoded."""

    code = "clip_damaged"


class ClipWrongLength(ClipError):
    """Another length than was asked for."""

    code = "clip_wrong_length"


class ClipWrongSize(ClipError):
    """Another picture size than was asked for."""

    code = "clip_wrong_size"
