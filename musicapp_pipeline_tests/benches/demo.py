"""CPU of each stage of the demo, beside its floors: decoding the song, and one encode."""

import tempfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from musicapp_pipeline import demo
from musicapp_pipeline.assembly.model import MezzanineSpec
from musicapp_pipeline.cli.options import MakeOptions, checked
from musicapp_pipeline.cli.project import find_or_create
from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.making import bring_up_to_date
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.stages import BY_NAME
from musicapp_pipeline.generation import admission
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store import artifacts, projects, scenes, takes
from musicapp_pipeline_tests.benches.table import Row, cpu_seconds, show

PER_SCENE = ("vocal_segment", "lyric_alignment")


class Demo:
    """The bundled song, one stage after the other in this process."""

    def __init__(self, home: Path) -> None:
        self.bench = Workbench.open(Settings(musicapp_home=home, use_sora_mock=True))
        song = demo.song_path()
        options = MakeOptions(song=song, lyrics=song.with_name("lyrics.txt"), out=home, seed=0)
        self.project = find_or_create(self.bench, checked(options))
        self.cpu: dict[str, float] = {}

    def make(self, stage: str, *keys: str) -> None:
        """Make partitions of one stage and add up what they cost."""
        before = cpu_seconds()
        for key in keys:
            bring_up_to_date(BY_NAME[stage], Task(bench=self.bench, key=key))
        self.cpu[stage] = self.cpu.get(stage, 0.0) + cpu_seconds() - before

    def run(self) -> None:
        """To the final cut."""
        project_id = self.project.id
        for stage in ("song", "audio_analysis", "storyboard"):
            self.make(stage, project_id)
        with self.bench.database.read() as session:
            rows = scenes.of_project(session, project_id)
        self.make("scene_plan", *(s.key for s in rows))
        with self.bench.database.write() as session:
            project = projects.get(session, project_id, lock=True)
            project.budget_cap_usd = Decimal(100)
            ordered = [(scenes.get(session, s.id), 1) for s in rows]
            admission.admit(session, project, ordered, self.bench.provider)
        first = [takes.take_key(s, 1) for s in rows]
        self.make("clip", *first)
        self.make("mezzanine", *first)
        with self.bench.database.write() as session:
            for scene in scenes.of_project(session, project_id):
                [version] = takes.of_scene(session, scene.id)
                takes.select_version(session, scene, version)
        singing = [s for s in rows if s.scene_type == "performance"]
        for stage in PER_SCENE:
            self.make(stage, *(s.key for s in singing))
        self.make("lip_synced_clip", *(takes.take_key(s, 1) for s in singing))
        self.make("selected_take", *(s.key for s in rows))
        self.make("final_cut", project_id)

    def floors(self, home: Path) -> tuple[float, float]:
        """CPU of decoding the song once, and of encoding the finished video once."""
        from musicapp_pipeline.assembly.conform import conform
        from musicapp_pipeline.media.audio import read_stereo
        from musicapp_pipeline.media.probe import probe

        before = cpu_seconds()
        read_stereo(demo.song_path(), 44_100)
        decoding = cpu_seconds() - before
        with self.bench.database.read() as session:
            final = artifacts.get(session, "final_cut", self.project.id)
        assert final is not None and final.media_key is not None
        video = self.bench.media.fetch(final.media_key)
        info = probe(video).video
        assert info is not None
        before = cpu_seconds()
        spec = MezzanineSpec(Fraction(24), info.width, info.height, 0, info.frames)
        conform(video, home / "floor.mp4", spec)
        return decoding, cpu_seconds() - before


def run() -> list[Row]:
    """One row a stage; the mock's rendering is counted with ``clip``."""
    with tempfile.TemporaryDirectory() as folder:
        made = Demo(Path(folder))
        made.run()
        decoding, encode = made.floors(Path(folder))
    hearing = ("song", "audio_analysis", "storyboard", *PER_SCENE)
    rows = [
        Row(stage, cpu, "decoding the song", decoding)
        if stage in hearing
        else Row(stage, cpu, "one encode of the video", encode)
        for stage, cpu in made.cpu.items()
    ]
    total = sum(made.cpu.values())
    return [*rows, Row("all stages", total, "one encode of the video", encode)]


if __name__ == "__main__":
    show(run())
