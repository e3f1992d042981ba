"""From a song as written to stereo samples and their truth."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from musicapp_pipeline.demo.songmaker.arrangement import Strike, arrange
from musicapp_pipeline.demo.songmaker.band import play
from musicapp_pipeline.demo.songmaker.mixing import (
    CHANNELS,
    ducking,
    hall,
    master,
    reverberate,
    singing,
)
from musicapp_pipeline.demo.songmaker.score import Song
from musicapp_pipeline.demo.songmaker.sound.signal import (
    RATE,
    Mono,
    Stereo,
    gain,
    highpass,
    samples,
)
from musicapp_pipeline.demo.songmaker.truth import PhonemeTime, Truth, WordTime, truth_of

Lead = Literal["auto", "sung", "ooh"]
_VOICE_ROOM = -18.0
_ROOM_SECONDS = 1.5


@dataclass(frozen=True)
class Rendered:
    """A finished song."""

    audio: Stereo
    """Samples at ``rate``, within −1 to 1."""
    rate: int
    truth: Truth
    vocal: Stereo
    """The voice alone, before mastering; silent parts are zero."""
    backing: Stereo
    """Everything else, before mastering."""


def render_song(song: Song, lead: Lead = "auto") -> Rendered:
    """Play, sing, mix and master a song. The same song gives the same samples.

    Args:
        song: the score.
        lead: who sings the lyric lines: ``sung`` words (needs flite and pyworld), the wordless
            synthetic ``ooh``, or ``auto``: words where both are installed.

    Raises:
        VoiceUnavailable: ``sung`` was asked for and something is missing.
    """
    from musicapp_pipeline.demo.songmaker.voice import singer

    strikes = arrange(song)
    words: tuple[WordTime, ...] = ()
    phonemes: tuple[PhonemeTime, ...] = ()
    vocal = np.zeros((samples(song.duration), 2))
    send = np.zeros_like(vocal)
    sung = lead == "sung" or (lead == "auto" and singer.available())
    if sung and any(part.lyrics for part in song.parts):
        from musicapp_pipeline.demo.songmaker.vocal_chain import mix_vocals

        vocals = singer.perform(song)
        words, phonemes = vocals.words, vocals.phonemes
        vocal, wet = mix_vocals(song, vocals)
        send += wet * gain(_VOICE_ROOM)
    else:
        strikes["ooh"] = _wordless(song)
    backing = _mix_band(song, strikes, singing(vocal), send)
    room = hall(_ROOM_SECONDS, np.random.default_rng([song.seed, 1]))
    wet_mix = reverberate(send, room)
    audio = master(vocal + backing + wet_mix)
    truth = truth_of(song, "sung" if words else "ooh", words, phonemes)
    return Rendered(audio, RATE, truth, vocal, backing)


def _wordless(song: Song) -> list[Strike]:
    return [
        Strike(start + note.beat, note.beats, note.pitch, note.level, part.energy)
        for start, part in song.placed()
        for line in part.lyrics
        for note in line.notes
    ]


def _mix_band(song: Song, strikes: dict[str, list[Strike]], voice: Mono, send: Stereo) -> Stereo:
    """The dry band; adds what goes to the room to ``send``."""
    mix = np.zeros_like(send)
    hits = [samples(song.seconds(strike.beat)) for strike in strikes.get("kick", [])]
    duck = ducking(len(mix), hits)
    for player, channel in CHANNELS.items():
        if not strikes.get(player):
            continue
        track = play(song, player, strikes[player], channel.position, channel.width)
        if channel.low_cut:
            track = highpass(track, channel.low_cut)
        track *= gain(channel.level)
        track *= (10.0 ** (-(channel.duck * duck + channel.yields * voice) / 20.0))[:, None]
        mix += track
        send += track * gain(channel.room)
    return mix
