"""What is in a folder already is never written over, unless it is what was put there."""

import errno
import shutil
from pathlib import Path

import pytest

from musicapp_pipeline.cli.options import BadOption
from musicapp_pipeline.cli.outputs import Outputs

SUFFIXES = (".mp4", "-poster.jpg")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def made(tmp_path: Path, text: str) -> dict[str, Path]:
    """Finished files with this content."""
    folder = tmp_path / "media" / text
    folder.mkdir(parents=True, exist_ok=True)
    sources = {suffix: folder / f"file{suffix}" for suffix in SUFFIXES}
    for source in sources.values():
        source.write_text(text)
    return sources


def put(tmp_path: Path, out: Path, text: str, project: str = "gig-1") -> str:
    """Put a video there; what it is called."""
    placed = Outputs(tmp_path / "home", project).put(out, ("gig", project), made(tmp_path, text))
    assert [p.read_text() for p in placed.values()] == [text, text]
    return placed[".mp4"].name


def test_a_new_version_takes_the_place_of_the_old(tmp_path: Path, out: Path) -> None:
    assert put(tmp_path, out, "one") == "gig.mp4"
    before = (out / "gig.mp4").stat().st_mtime_ns
    assert put(tmp_path, out, "one") == "gig.mp4"
    assert (out / "gig.mp4").stat().st_mtime_ns == before
    assert put(tmp_path, out, "two") == "gig.mp4"
    assert sorted(p.name for p in out.iterdir()) == ["gig-poster.jpg", "gig.mp4"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_persons_file_stays(tmp_path: Path, out: Path, suffix: str) -> None:
    mine = out / f"gig{suffix}"
    mine.write_text("mine")
    assert put(tmp_path, out, "one") == "gig-1.mp4"
    assert mine.read_text() == "mine"
    assert put(tmp_path, out, "two") == "gig-1.mp4"


def test_a_video_that_was_edited_by_hand_stays(tmp_path: Path, out: Path) -> None:
    put(tmp_path, out, "one")
    (out / "gig.mp4").write_text("graded by me")
    assert put(tmp_path, out, "two") == "gig-1.mp4"
    assert (out / "gig.mp4").read_text() == "graded by me"


def test_there_is_always_a_name(tmp_path: Path, out: Path) -> None:
    for name in ("gig", "gig-1", "gig-1-2"):
        (out / f"{name}.mp4").write_text("mine")
    assert put(tmp_path, out, "one") == "gig-1-3.mp4"


def test_a_link_is_a_persons_own(tmp_path: Path, out: Path) -> None:
    (out / "gig.mp4").symlink_to(tmp_path / "elsewhere.mp4")
    assert put(tmp_path, out, "one") == "gig-1.mp4"
    assert not (tmp_path / "elsewhere.mp4").exists()


def test_notes_that_cannot_be_read_make_nothing_ours(tmp_path: Path, out: Path) -> None:
    put(tmp_path, out, "one")
    (tmp_path / "home" / "outputs" / "gig-1.json").write_text("[")
    assert put(tmp_path, out, "two") == "gig-1.mp4"


def test_a_full_disk_is_told_of_the_folder_that_is_full(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(source: Path, target: Path) -> None:
        target.write_text(source.read_text()[:1])
        raise OSError(errno.ENOSPC, "No space left on device", str(source), None, str(target))

    with monkeypatch.context() as full:
        full.setattr(shutil, "copyfile", half)
        with pytest.raises(BadOption, match=r"--out: .*gig\.mp4 cannot .*No space left") as caught:
            put(tmp_path, out, "one")
    assert str(tmp_path / "media") not in caught.value.message
    assert list(out.iterdir()) == []
    assert put(tmp_path, out, "one") == "gig.mp4"
