import hashlib
import struct
import wave
from fractions import Fraction

import numpy as np
import pytest

from musicapp_pipeline.media import errors
from musicapp_pipeline.media.audio import read_mono, read_stereo, write_wav
from musicapp_pipeline.media.ffmpeg import run_ffmpeg
from musicapp_pipeline.media.song import MAX_SECONDS, decode_song, encode_delivery
from musicapp_pipeline_tests.media.samples import lag_samples, song_samples, song_wav

RATE = 44_100
SECONDS = 4.0


MADE: dict[tuple[object, ...], bytes] = {}


def made(folder, name, *options, seconds=SECONDS):
    """A file of the sample song, encoded by ffmpeg once and then copied."""
    out = folder / name
    key = (name, options, seconds)
    if key not in MADE:
        wav = song_wav(folder / "source.wav", seconds)
        run_ffmpeg(["-i", str(wav), *options, str(out)])
        wav.unlink()
        MADE[key] = out.read_bytes()
    out.write_bytes(MADE[key])
    return out


ENCODINGS = {
    "song.mp3": ("-c:a", "libmp3lame", "-b:a", "192k"),
    "vbr.mp3": ("-c:a", "libmp3lame", "-q:a", "4"),
    "song.m4a": ("-c:a", "aac", "-b:a", "192k"),
    "alac.m4a": ("-c:a", "alac"),
    "song.flac": ("-c:a", "flac"),
    "song.ogg": ("-c:a", "libvorbis"),
    "song.wav": ("-c:a", "pcm_s16le"),
    "fine.wav": ("-c:a", "pcm_s24le"),
    "float.wav": ("-c:a", "pcm_f32le"),
    "song.aiff": (),
    "song.mp4": ("-f", "lavfi", "-i", "testsrc=s=64x64:d=4", "-map", "0", "-map", "1"),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_sample_zero_is_the_songs_first_sample_and_the_length_is_exact(tmp_path, name):
    source = made(tmp_path, name, *ENCODINGS[name])
    master = decode_song(source, tmp_path / "m.wav")
    assert (master.sample_rate, master.channels) == (RATE, 2)
    assert master.seconds == Fraction(round(SECONDS * RATE), RATE)
    heard = read_mono(master.path, RATE)
    assert lag_samples(heard, song_samples(SECONDS).mean(axis=0)) == 0
    assert master.notes == ()


@pytest.mark.parametrize("name", ["song.mp3", "song.m4a", "song.flac", "song.ogg", "song.mp4"])
def test_the_master_is_what_ffmpeg_decodes(tmp_path, name):
    source = made(tmp_path, name, *ENCODINGS[name])
    master = decode_song(source, tmp_path / "m.wav")
    run_ffmpeg(["-i", str(source), "-map", "0:a", "-c:a", "pcm_s16le", str(tmp_path / "f.wav")])
    with wave.open(str(tmp_path / "f.wav")) as theirs:
        pcm = theirs.readframes(theirs.getnframes())
    assert master.sha256 == hashlib.sha256(pcm).hexdigest()


def test_an_mp3_without_a_length_header_decodes_whole(tmp_path):
    source = made(tmp_path, "v.mp3", "-q:a", "2", "-write_xing", "0", "-id3v2_version", "0")
    master = decode_song(source, tmp_path / "m.wav")
    assert SECONDS < master.seconds < SECONDS + 0.1
    assert master.notes == ()


@pytest.mark.parametrize(
    ("rate", "channels", "kept_rate", "kept_channels"),
    [
        (8_000, 1, 8_000, 1),
        (48_000, 2, 48_000, 2),
        (96_000, 2, 96_000, 2),
        (192_000, 2, 48_000, 2),
        (176_400, 1, 44_100, 1),
        (44_100, 6, 44_100, 2),
    ],
)
def test_rates_and_channels_are_kept_within_limits(
    tmp_path, rate, channels, kept_rate, kept_channels
):
    source = song_wav(tmp_path / "s.wav", 3, rate, channels)
    master = decode_song(source, tmp_path / "m.wav")
    assert (master.sample_rate, master.channels) == (kept_rate, kept_channels)
    assert master.seconds == 3
    assert bool(master.notes) == (rate != kept_rate)


def test_twenty_four_bits_stay(tmp_path):
    source = made(tmp_path, "f.flac", "-c:a", "flac", "-sample_fmt", "s32", "-af", "volume=0.7")
    master = decode_song(source, tmp_path / "m.wav")
    with wave.open(str(master.path)) as file:
        assert file.getsampwidth() == 3
        assert hashlib.sha256(file.readframes(file.getnframes())).hexdigest() == master.sha256
    run_ffmpeg(["-i", str(source), "-c:a", "pcm_s24le", str(tmp_path / "t.wav")])
    theirs = read_stereo(tmp_path / "t.wav", RATE)
    assert np.array_equal(read_stereo(master.path, RATE), theirs)


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "flac", "ogg"])
def test_title_and_artist_come_from_the_tags(tmp_path, suffix):
    tags = ("-metadata", "title=Über den Wolken", "-metadata", "artist= R. M. ")
    master = decode_song(made(tmp_path, f"s.{suffix}", *tags), tmp_path / "m.wav")
    assert (master.title, master.artist) == ("Über den Wolken", "R. M.")


def test_decoding_twice_gives_the_same_bytes(tmp_path):
    source = made(tmp_path, "s.mp3")
    one = decode_song(source, tmp_path / "1.wav")
    two = decode_song(source, tmp_path / "2.wav")
    assert one.sha256 == two.sha256
    assert one.path.read_bytes() == two.path.read_bytes()


# Bad input: what it is, the error, words of its message.


def empty(folder):
    (folder / "e.mp3").touch()
    return folder / "e.mp3"


def text(folder):
    (folder / "lyrics.mp3").write_text("la la la\n" * 2000)
    return folder / "lyrics.mp3"


def picture(folder):
    out = folder / "cover.mp3"
    run_ffmpeg(["-f", "lavfi", "-i", "testsrc=s=640x480", "-frames:v", "1", "-f", "apng", str(out)])
    return out


def no_sound(folder):
    out = folder / "mute.mp4"
    run_ffmpeg(["-f", "lavfi", "-i", "testsrc=s=64x64:d=3", str(out)])
    return out


def silence(folder):
    write_wav(folder / "quiet.wav", np.zeros((2, 3 * RATE)), RATE)
    return folder / "quiet.wav"


def faint(folder):
    write_wav(folder / "faint.wav", np.full((1, 3 * RATE), 0.0009), RATE)
    return folder / "faint.wav"


def half_a_second(folder):
    return song_wav(folder / "short.wav", 0.5)


def no_samples(folder):
    return song_wav(folder / "none.wav", 0)


def playlist(folder):
    song_wav(folder / "secret.wav", 3)
    (folder / "list.m3u8").write_text(f"#EXTM3U\n#EXTINF:3,\n{folder / 'secret.wav'}\n")
    return folder / "list.m3u8"


def mostly_garbage(folder):
    source = made(folder, "g.mp3", "-b:a", "128k", seconds=20)
    data = bytearray(source.read_bytes())
    data[6000:] = np.random.default_rng(0).bytes(len(data) - 6000)
    source.write_bytes(data)
    return source


def cut_to_a_tenth(folder):
    source = made(folder, "t.mp3", "-b:a", "128k", seconds=30)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 10])
    return source


def header_of_three_hours(folder):
    source = made(folder, "long.mp3", "-b:a", "128k")
    data = bytearray(source.read_bytes())
    at = max(data.find(b"Info"), data.find(b"Xing"))
    data[at + 8 : at + 12] = struct.pack(">I", 3 * 3600 * RATE // 1152)
    source.write_bytes(data)
    return source


def three_hours_of_silence(folder):
    """172 MB of zeros that take no room on the disk."""
    source = song_wav(folder / "three.wav", 1, 8_000, 1)
    samples = 3 * 3600 * 8_000 * 2
    with source.open("r+b") as file:
        file.seek(40)
        file.write(struct.pack("<I", samples))
        file.truncate(44 + samples)
    return source


def missing(folder):
    return folder / "gone.mp3"


BAD = [
    (empty, errors.EmptyFile, "empty"),
    (no_samples, errors.EmptyFile, "without a single sample"),
    (missing, errors.NotAudio, "no file"),
    (text, errors.NotAudio, "not a sound or video file.*A song is an MP3"),
    (picture, errors.NotAudio, "not a sound"),
    (playlist, errors.NotAudio, "playlist"),
    (no_sound, errors.NoAudioStream, "no sound"),
    (silence, errors.SilentSong, "-60 dBFS"),
    (faint, errors.SilentSong, "silent"),
    (half_a_second, errors.SongTooShort, "0.50 s.*at least 2 s"),
    (mostly_garbage, errors.BrokenAudio, "damaged: only"),
    (cut_to_a_tenth, errors.BrokenAudio, "of 30.0 s"),
    (header_of_three_hours, errors.SongTooLong, "3:00:00.*20 minutes"),
    (three_hours_of_silence, errors.SongTooLong, "3:00:00.*20 minutes"),
]


@pytest.mark.parametrize(("make", "error", "words"), BAD, ids=[row[0].__name__ for row in BAD])
def test_bad_input_is_refused_in_words_and_leaves_nothing_behind(tmp_path, make, error, words):
    source = make(tmp_path)
    out = tmp_path / "out"
    with pytest.raises(error, match=words) as caught:
        decode_song(source, out / "m.wav")
    assert source.name in caught.value.message
    assert list(out.glob("*")) == []
    assert list(out.glob(".*")) == []


def test_a_song_without_a_stated_length_is_decoded_no_further_than_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr("musicapp_pipeline.media.song.MAX_SECONDS", 3)
    source = made(tmp_path, "v.mp3", "-b:a", "64k", "-write_xing", "0", "-id3v2_version", "0")
    with pytest.raises(errors.SongTooLong):
        decode_song(source, tmp_path / "m.wav")
    assert not (tmp_path / "m.wav").exists()


def test_a_song_of_exactly_the_limit_is_accepted(tmp_path, monkeypatch):
    monkeypatch.setattr("musicapp_pipeline.media.song.MAX_SECONDS", 4)
    assert MAX_SECONDS == 1200
    assert decode_song(song_wav(tmp_path / "s.wav", 4), tmp_path / "m.wav").seconds == 4


def test_a_recording_with_an_unfinished_header_is_read_to_its_end(tmp_path):
    source = song_wav(tmp_path / "cut.wav", 3)
    data = bytearray(source.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    source.write_bytes(data)
    assert decode_song(source, tmp_path / "m.wav").seconds == 3


@pytest.mark.parametrize("keep", [0.95, 0.7])
def test_a_truncated_mp3_is_used_as_far_as_it_goes_with_a_note(tmp_path, keep):
    source = made(tmp_path, "t.mp3", "-b:a", "128k", seconds=20)
    source.write_bytes(source.read_bytes()[: int(source.stat().st_size * keep)])
    master = decode_song(source, tmp_path / "m.wav")
    assert float(master.seconds) == pytest.approx(20 * keep, abs=0.5)
    assert "promises 20.0 s" in master.notes[0]


def test_damage_in_the_middle_of_an_mp3_is_noted(tmp_path):
    source = made(tmp_path, "d.mp3", "-b:a", "128k", seconds=20)
    data = bytearray(source.read_bytes())
    third = len(data) // 3
    data[third : third + 30_000] = np.random.default_rng(1).bytes(30_000)
    source.write_bytes(data)
    master = decode_song(source, tmp_path / "m.wav")
    assert 16 < master.seconds <= 20
    assert master.notes


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_delivery_starts_with_the_masters_first_sample(tmp_path, rate, channels):
    master = song_wav(tmp_path / "m.wav", 3, rate, channels)
    encode_delivery(master, tmp_path / "d.m4a")
    run_ffmpeg(["-i", str(tmp_path / "d.m4a"), "-c:a", "pcm_f32le", str(tmp_path / "d.wav")])
    heard = read_mono(tmp_path / "d.wav", 48_000)
    wanted = read_mono(master, 48_000)
    assert abs(lag_samples(heard, wanted)) <= 4
    assert abs(heard.size - wanted.size) <= 48


def test_the_delivery_is_the_same_every_time(tmp_path):
    master = song_wav(tmp_path / "m.wav", 3)
    encode_delivery(master, tmp_path / "1.m4a")
    encode_delivery(master, tmp_path / "2.m4a")
    assert (tmp_path / "1.m4a").read_bytes() == (tmp_path / "2.m4a").read_bytes()


def test_a_cancelled_decoding_leaves_nothing(tmp_path):
    source = song_wav(tmp_path / "s.wav", 4)
    with pytest.raises(errors.MediaCancelled):
        decode_song(source, tmp_path / "out" / "m.wav", cancelled=lambda: True)
    assert list((tmp_path / "out").iterdir()) == []
