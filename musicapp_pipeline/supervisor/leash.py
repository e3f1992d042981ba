"""Become a command that ends with its parent: ``python -I -S leash.py PARENT SIGNAL COMMAND…``.

Nothing may run between fork and exec in a process that has threads. So what a child must do for
itself is done here, after exec and before the command's own: the kernel is asked for a signal when
the parent ends, and keeps the wish through the next exec. Only the standard library is loaded.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, signal_number: int, command: list[str]) -> None:
    """Replace this process by the command."""
    # An ignored signal stays so through exec, and where Ctrl-C is ignored this one may be, too.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:
        sys.exit("the supervisor ended first")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
