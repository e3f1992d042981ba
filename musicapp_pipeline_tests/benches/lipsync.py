"""Lips: what alignment and the morph cost, and how near to the truth words and mouths come.

The peer for alignment is pocketsphinx's own forced aligner, given the same voice and the settings
under which it fails least (no best-path pass, wide beams). The floor for the morph is decoding and
encoding the same clip.
"""

import json
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import pocketsphinx

from musicapp_pipeline import demo
from musicapp_pipeline.lipsync.acoustic.model import english
from musicapp_pipeline.lipsync.align import align_voice
from musicapp_pipeline.lipsync.check import apertures, follow_check
from musicapp_pipeline.lipsync.lyrics import LyricLine, parse_lyrics
from musicapp_pipeline.lipsync.model import Alignment, Phoneme
from musicapp_pipeline.lipsync.mouth.faces import FaceTracker
from musicapp_pipeline.lipsync.process import lip_sync_clip
from musicapp_pipeline.lipsync.pronounce import dictionary, pronounce
from musicapp_pipeline.lipsync.visemes import mouth_curve
from musicapp_pipeline.lipsync.vocals import Vocals, extract_vocals
from musicapp_pipeline.media.frames import FrameReader, FrameWriter
from musicapp_pipeline_tests.benches.table import Row, cpu_seconds, show

SONG = demo.song_path()
WIDTH, HEIGHT, FPS = 1280, 720, Fraction(24)
VIDEO_SECONDS = 3
SUNG_FROM = 8.6
"""Seconds into the song at which the first line begins."""

T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds of ``work``, and what it gave."""
    before = cpu_seconds()
    result = work()
    return cpu_seconds() - before, result


def main() -> None:
    """Print the tables."""
    truth = json.loads(SONG.with_name("truth.json").read_text("utf-8"))["words"]
    lines = parse_lyrics(SONG.with_name("lyrics.txt").read_text("utf-8"))
    extracting, voice = timed(lambda: extract_vocals(SONG))
    minutes = voice.seconds / 60
    english(), dictionary()
    ours_cpu, ours = timed(lambda: align_voice(voice, lines))
    decoder = pocketsphinx_decoder(lines)
    peer_cpu, peer = timed(lambda: pocketsphinx_starts(decoder, voice))
    peer_name = "pocketsphinx, two passes"
    rows = [
        Row("voice of a minute of song", extracting / minutes, peer_name, peer_cpu / minutes),
        Row("alignment of a minute", ours_cpu / minutes, peer_name, peer_cpu / minutes),
    ]
    with tempfile.TemporaryDirectory() as folder:
        clip, moved = Path(folder) / "clip.mp4", Path(folder) / "moved.mp4"
        render(clip)
        rows += video_rows(clip, moved, ours)
        show(rows)
        words(ours, peer, truth)
        mouths(moved, phones_of(ours))


def pocketsphinx_decoder(lines: tuple[LyricLine, ...]) -> pocketsphinx.Decoder:
    """The library's forced aligner, ready to place the words w0, w1, …"""
    decoder = pocketsphinx.Decoder(
        lm=None, bestpath=False, cmn="batch", beam=1e-100, wbeam=1e-80, pbeam=1e-100, maxhmmpf=-1,
        loglevel="FATAL",
    )  # fmt: skip
    heads = []
    for word in (word for line in lines for word in line.words):
        heads.append(f"w{len(heads)}")
        decoder.add_word(heads[-1], " ".join(pronounce(word).variants[0]), False)
    decoder.set_align_text(" ".join(heads))
    return decoder


def pocketsphinx_starts(decoder: pocketsphinx.Decoder, voice: Vocals) -> list[float] | None:
    """Word starts by words, then by phones; None where it fails."""
    sound = (voice.samples * 32767).astype(np.int16).tobytes()
    try:
        _decode(decoder, sound)
        decoder.set_alignment(decoder.get_alignment())
        _decode(decoder, sound)
    except RuntimeError:
        return None
    found = [word for word in decoder.get_alignment() if word.name.startswith("w")]
    return [word.start / 100 for word in found]


def _decode(decoder: pocketsphinx.Decoder, sound: bytes) -> None:
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    decoder.end_utt()


def render(clip: Path) -> None:
    """The demo's portrait under a camera that drifts."""
    picture = cv2.imread(str(SONG.with_name("portrait.jpg")))
    scale = 0.75 * HEIGHT / picture.shape[0] * 1.4
    with FrameWriter(clip, WIDTH, HEIGHT, FPS) as writer:
        for k in range(int(VIDEO_SECONDS * FPS)):
            x = WIDTH / 2 - scale * (picture.shape[1] / 2 + 8 * np.sin(k / 15))
            y = HEIGHT / 2 - scale * (picture.shape[0] * 0.45 + 5 * np.sin(k / 11))
            place = np.array([[scale, 0, x], [0, scale, y]])
            writer.write(
                cv2.warpAffine(picture, place, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
            )


def phones_of(found: Alignment) -> list[Phoneme]:
    """The phones of the clip, in its own time."""
    return [
        Phoneme(phoneme=p.phoneme, start=p.start - SUNG_FROM, end=p.end - SUNG_FROM)
        for p in found.phonemes
        if p.end > SUNG_FROM
    ]


def video_rows(clip: Path, moved: Path, found: Alignment) -> list[Row]:
    """CPU a second of 720p video: all of lip-sync, and finding the mouth alone."""

    def track() -> None:
        with FrameReader(clip) as reader, FaceTracker() as tracker:
            for frame in reader:
                tracker(frame)

    def copy() -> None:
        with (
            FrameReader(clip) as reader,
            FrameWriter(clip.with_name("copy.mp4"), WIDTH, HEIGHT, FPS) as writer,
        ):
            for frame in reader:
                writer.write(frame)

    track()
    tracking, _ = timed(track)
    floor, _ = timed(copy)
    syncing, _ = timed(lambda: lip_sync_clip(clip, None, phones_of(found), moved))
    against = "decoding and encoding it"
    return [
        Row(what, cpu / VIDEO_SECONDS, against, floor / VIDEO_SECONDS)
        for what, cpu in (
            ("decoding a second of 720p and finding the mouth", tracking),
            ("lip-sync of a second of 720p", syncing),
        )
    ]


def words(ours: Alignment, peer: list[float] | None, truth: list[dict[str, float]]) -> None:
    """How far word starts are from where the demo song's words begin."""
    print("\n| demo song, word starts | median ms | p90 ms | within 0.1 s |")
    print("| --- | ---: | ---: | ---: |")
    for name, starts in (("this aligner", [w.start for w in ours.words]), ("pocketsphinx", peer)):
        if starts is None:
            print(f"| {name} | failed | | |")
            continue
        off = np.abs(np.array(starts) - [w["start"] for w in truth]) * 1000
        near = f"{(off < 100).sum()} of {off.size}"
        print(f"| {name} | {np.median(off):.0f} | {np.percentile(off, 90):.0f} | {near} |")


def mouths(moved: Path, phones: list[Phoneme]) -> None:
    """Lips found anew in the result against the lips asked for."""
    frames = int(VIDEO_SECONDS * FPS)
    curve = mouth_curve(phones, frames, FPS)
    follows = follow_check(moved, curve, np.ones(frames))
    opening = apertures(moved)
    print(
        f"\nmouth found in the result against the mouth asked for: r = {follows}, "
        f"opening {np.nanmin(opening):.2f} to {np.nanmax(opening):.2f} eye distances"
    )


if __name__ == "__main__":
    main()
