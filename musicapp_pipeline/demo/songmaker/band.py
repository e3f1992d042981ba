"""The band plays: every player's strikes become a stereo track."""

from collections.abc import Callable

import numpy as np

from musicapp_pipeline.demo.songmaker.arrangement import Strike
from musicapp_pipeline.demo.songmaker.score import Song
from musicapp_pipeline.demo.songmaker.sound import instruments
from musicapp_pipeline.demo.songmaker.sound.drums import KIT, riser
from musicapp_pipeline.demo.songmaker.sound.signal import Mono, Stereo, add_at, gain, pan, samples

Pitched = Callable[[float, float, float, np.random.Generator], Mono]

PITCHED: dict[str, Pitched] = {
    "bass": instruments.bass,
    "pad": instruments.pad,
    "keys": instruments.keys,
    "arp": instruments.pluck,
    "hook": instruments.lead,
    "ooh": instruments.ooh,
}
_DETUNING = 0.04
"""Semitones."""
SOFTEST = -7.0
"""dB at which a part of no energy is played."""


def play(
    song: Song, player: str, strikes: list[Strike], position: float = 0.0, width: float = 0.0
) -> Stereo:
    """One player's track, as long as the song.

    Args:
        song: gives tempo, length and seed.
        player: a drum, ``riser`` or one of ``PITCHED``.
        strikes: what to play.
        position: where a player with one loudspeaker stands, −1 left to 1 right.
        width: see ``mixing.Channel``.
    """
    track = np.zeros((samples(song.duration), 2))
    sounds: dict[tuple[float, ...], Stereo] = {}
    beat = float(60 / song.bpm)
    # Each player has its own stream of chance, so that adding one changes no other.
    rng = np.random.default_rng([song.seed, *player.encode()])
    for strike in strikes:
        key = (strike.pitch, round(strike.beats, 4), strike.brightness)
        if key not in sounds:
            sounds[key] = _placed(player, strike, strike.beats * beat, rng, position, width)
        level = strike.level * gain(SOFTEST * (1.0 - strike.brightness))
        add_at(track, samples(song.seconds(strike.beat)), level * sounds[key])
    return track


def _placed(
    player: str,
    strike: Strike,
    seconds: float,
    rng: np.random.Generator,
    position: float,
    width: float,
) -> Stereo:
    if width:
        left = _sound(player, strike, seconds, rng, -_DETUNING)
        right = _sound(player, strike, seconds, rng, _DETUNING)
        return 0.75 * (pan(left, -width) + pan(right, width))
    sound = _sound(player, strike, seconds, rng, 0.0)
    return pan(sound, position) if sound.ndim == 1 else sound


def _sound(
    player: str, strike: Strike, seconds: float, rng: np.random.Generator, detuning: float
) -> Mono:
    if player in KIT:
        return KIT[player](rng)
    if player == "riser":
        return riser(seconds, rng)
    return PITCHED[player](strike.pitch + detuning, seconds, strike.brightness, rng)
