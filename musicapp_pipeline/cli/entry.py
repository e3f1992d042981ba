"""The console script: so light that Ctrl-C finds it ready from the first moment."""

import os

INTERRUPTED = 130
FAREWELL = "musicapp: interrupted; the same command goes on from here"


def main() -> None:
    """Run the command line; Ctrl-C while its libraries still load ends it like later on."""
    try:
        from musicapp_pipeline.cli.main import cli

        cli(prog_name="musicapp")
    except KeyboardInterrupt:
        os.write(2, f"{FAREWELL}\n".encode())
        os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
