"""Commands and their options; the work is done elsewhere."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import click

from musicapp_pipeline import logs
from musicapp_pipeline.cli.entry import FAREWELL, INTERRUPTED, main
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.settings import settings
from musicapp_pipeline.store.trouble import told_plainly


class Folder(click.Path):
    """A folder; an empty value is an unset variable of a script, not the folder one is in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("it is empty; name a folder", param, ctx)
        return super().convert(value, param, ctx)


FILE = click.Path(path_type=Path, dir_okay=False)
OUT = Folder(path_type=Path, file_okay=False)
EXISTING = click.Path(path_type=Path, dir_okay=False, exists=True, readable=True)
NO_MOUTH = 3
OUTCOMES = ("not_charged", "charged", "attach", "fetch_again")
PLOT = (
    "Draw waveform, beats, sections and energy (PNG or SVG). Of several songs each has a picture of"
    " its own, with the song's name in its own: plot.png becomes plot-SONG.png."
)


class Commands(click.Group):
    """Typed errors become one clear line on standard error and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            wanted = settings().log_level
            logs.configure(wanted if ctx.params.get("verbose") else "warning")
            with told_plainly(settings()):
                return super().invoke(ctx)
        except MusicAppError as error:
            # The field's name in the API; here it is an option.
            said = error.message.replace("budgetCapUsd", "--budget")
            click.echo(f"musicapp: {said}", err=True)
            ctx.exit(2)
        except OSError as error:
            where = f": {error.filename}" if error.filename else ""
            click.echo(f"musicapp: {error.strerror or error}{where}", err=True)
            ctx.exit(2)
        except KeyboardInterrupt:
            click.echo(FAREWELL, err=True)
            # Leave at once: threads that still draw a take would be waited for, and whatever
            # they had is drawn again by the next run.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)


def _end_like_ctrl_c() -> None:
    """SIGTERM, and a terminal that is closed, end a video's making in good order."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # unless it was started with nohup
        signal.signal(signal.SIGHUP, signal.default_int_handler)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-v", "--verbose", is_flag=True, help="Log at LOG_LEVEL to standard error.")
@click.version_option(package_name="musicapp-pipeline")
def cli(verbose: bool) -> None:
    """From a song to a music video."""


@cli.command()
@click.argument("song", type=FILE)
@click.option("--lyrics", type=FILE, help="Text file, a line a lyric line; LRC times are used.")
@click.option("--title", help="Default: the song's tag, else its file name.")
@click.option("--reference", type=FILE, help="A picture of the performer's face.")
@click.option("--takes", type=click.IntRange(1, 10), default=1, show_default=True)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["landscape", "portrait"]),
    default="landscape",
    show_default=True,
)
@click.option("--style", help="Style preset, for example cinematic_noir, anime or dreamy.")
@click.option("--fps", default="24", show_default=True)
@click.option("--clip-seconds", type=click.IntRange(1, 60), default=8, show_default=True)
@click.option("--model", default="sora-2", show_default=True)
@click.option("--density", type=click.FloatRange(0, 1), default=0.4, show_default=True)
@click.option("--budget", type=float, default=100.0, show_default=True, help="Cap in US dollars.")
@click.option("--seed", type=click.IntRange(0), help="Another plan and look; by the title.")
@click.option("--out", type=OUT, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print a summary object.")
def make(as_json: bool, **options: Any) -> None:
    """Make a video of SONG, headless. Interrupted, the same command goes on."""
    from musicapp_pipeline.cli.options import MakeOptions, checked

    _end_like_ctrl_c()
    options["format"] = options.pop("format_")
    order = checked(MakeOptions(**options))
    from musicapp_pipeline.cli.make import make_video  # late: it loads Dagster

    summary = make_video(order)
    click.echo(json.dumps(summary.as_dict(), indent=2) if as_json else summary.as_text())


@cli.command()
@click.option("--out", type=OUT, default=None)
@click.option("--takes", type=click.IntRange(1, 10), default=1, show_default=True)
def demo(out: Path | None, takes: int) -> None:
    """The bundled song through the whole graph with the mock provider."""
    from musicapp_pipeline.cli.make import demo_options, make_video
    from musicapp_pipeline.cli.options import checked

    _end_like_ctrl_c()
    summary = make_video(checked(demo_options(out or settings().home / "demo", takes)))
    click.echo(summary.as_text())
    click.echo(str(summary.video))


@cli.command()
@click.argument("songs", nargs=-1, required=True, type=FILE)
@click.option("--plot", type=FILE, help=PLOT)
def analyze(songs: tuple[Path, ...], plot: Path | None) -> None:
    """Print the analysis of SONGS as JSON, one object a line when there are several."""
    from musicapp_pipeline.cli.analyze import analysed

    broken = 0
    for song in songs:
        try:
            found = analysed(song, plot, several=len(songs) > 1)
        except MusicAppError as error:
            broken += 1
            click.echo(f"musicapp: {error.message}", err=True)
        else:
            click.echo(json.dumps(found, indent=2 if len(songs) == 1 else None))
    sys.exit(2 if broken else 0)


@cli.command()
@click.argument("audio", type=FILE)
@click.argument("lyrics", type=FILE)
def align(audio: Path, lyrics: Path) -> None:
    """Print when the words and phones of LYRICS are sung in AUDIO."""
    from musicapp_pipeline.cli.lips import align_json

    click.echo(json.dumps(align_json(audio, lyrics), indent=2))


@cli.command()
@click.argument("video", type=FILE)
@click.argument("audio", type=FILE)
@click.argument("phonemes", type=FILE)
@click.argument("out", type=FILE)
def lipsync(video: Path, audio: Path, phonemes: Path, out: Path) -> None:
    """Move the mouth in VIDEO with PHONEMES (what `align` prints) and lay AUDIO under it."""
    from musicapp_pipeline.cli.lips import lipsync_file
    from musicapp_pipeline.lipsync.errors import NoUsableMouth

    try:
        lipsync_file(video, audio, phonemes, out)
    except NoUsableMouth as error:
        click.echo(f"musicapp: {error.message}", err=True)
        sys.exit(NO_MOUTH)


@cli.command()
@click.argument("take", required=False)
@click.option("--outcome", type=click.Choice(OUTCOMES), help="What is true of it.")
@click.option("--job-id", help="The provider's id of its job, for attach.")
@click.option("--note", default="", help="How you know; kept in the ledger.")
def resolve(take: str | None, outcome: str | None, job_id: str | None, note: str) -> None:
    """List takes of which nobody knows whether they were bought, or say it of TAKE."""
    from musicapp_pipeline.cli.doubts import doubts
    from musicapp_pipeline.cli.doubts import resolve as say

    if (take is None) != (outcome is None):
        raise click.UsageError("TAKE and --outcome go together; without both the takes are listed")
    if take is None or outcome is None:
        click.echo("\n\n".join(doubts(settings())) or "no take is in doubt")
    else:
        click.echo(say(settings(), take, outcome, job_id, note))


@cli.command()
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
@click.option("--dagster-port", type=click.IntRange(1, 65535), default=3001, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--dispatcher/--no-dispatcher",
    default=True,
    help="Generate takes here, or leave that to `musicapp dispatch` processes.",
)
def up(port: int, dagster_port: int, host: str, dispatcher: bool) -> None:
    """API, Dagster, its daemon and workers on this machine, until Ctrl-C."""
    from musicapp_pipeline.generation.wording import wording

    wording()  # refused here: a child that cannot start would be started again and again
    from musicapp_pipeline.supervisor.up import run_all

    sys.exit(
        run_all(settings(), host=host, port=port, dagster_port=dagster_port, dispatcher=dispatcher)
    )


@cli.command()
def dispatch() -> None:
    """Generate takes in a process of its own, until Ctrl-C; several share the work."""
    from musicapp_pipeline.supervisor.dispatch_process import run_dispatcher

    run_dispatcher(settings())


if __name__ == "__main__":
    main()
