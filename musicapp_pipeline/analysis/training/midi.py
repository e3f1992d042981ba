"""A score as a Standard MIDI File with one constant tempo.

Players round the start of every tempo event, so a file with a tempo map drifts by tens of
milliseconds over a song. Here the map is already applied: a tick is 0.05 ms from start to end.
"""

import struct

import numpy as np

from musicapp_pipeline.analysis.training.composer import channel_of
from musicapp_pipeline.analysis.training.notes import DRUMS, Note, Score

TICKS_A_SECOND = 20_000


def midi_bytes(score: Score, rng: np.random.Generator, layers: frozenset[str]) -> bytes:
    """The layers of a score as a file of format 0; ``rng`` gives each note its player's timing."""
    events: list[tuple[int, int, bytes]] = []
    for part in sorted(layers):
        channel = channel_of(part)
        program = score.kit if channel == DRUMS else score.programs[part]
        events.append((0, 0, bytes([0xC0 | channel, program])))
    for note in score.notes:
        if note.part in layers:
            events += _on_and_off(score, note, float(rng.normal(0, score.jitter)))
    events.sort(key=lambda event: event[:2])
    body = bytearray(b"\x00\xff\x51\x03\x07\xa1\x20")
    last = 0
    for tick, _, message in events:
        body += _varint(tick - last) + message
        last = tick
    body += b"\x00\xff\x2f\x00"
    head = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS_A_SECOND // 2)
    return head + b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def _on_and_off(score: Score, note: Note, shift: float) -> list[tuple[int, int, bytes]]:
    start = max(0.0, score.time_of(note.start) + shift)
    end = max(start + 0.03, score.time_of(note.start + note.length) + shift)
    channel = channel_of(note.part)
    pitch = min(max(note.pitch, 0), 127)
    velocity = min(max(round(127 * note.velocity), 1), 127)
    return [
        (round(start * TICKS_A_SECOND), 2, bytes([0x90 | channel, pitch, velocity])),
        (round(end * TICKS_A_SECOND), 1, bytes([0x80 | channel, pitch, 0])),
    ]


def _varint(value: int) -> bytes:
    out = bytearray([value & 0x7F])
    while value > 0x7F:
        value >>= 7
        out.insert(0, 0x80 | (value & 0x7F))
    return bytes(out)
