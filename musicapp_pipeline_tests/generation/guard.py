"""No test can reach a real provider: everything but loopback is refused below every library.

An audit hook sees each connection, datagram and look-up that Python makes, whatever made it and
whenever it was imported, on every thread; it cannot be removed. Processes that tests start get it
too, through ``guarded/sitecustomize.py``, and no keys of providers. What connects in C (libpq,
ffmpeg) does not pass here; it is never given a provider's address.
"""

import os
import socket
import sys
from pathlib import Path
from typing import Any

GUARDED = Path(__file__).parent / "guarded"
KEYS = ("SORA_API_KEY", "FAL_KEY", "OPENAI_API_KEY", "SORA_API_BASE_URL")
TALKING = ("socket.connect", "socket.sendto", "socket.sendmsg")
ASKING = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyname_ex")

refused: list[str] = []
"""Everything that was tried, also where the refusal was swallowed."""


class NetworkBlocked(socket.gaierror):
    """Something tried to reach beyond this machine; to it, it looks as if there were no network."""


def install() -> None:
    """Guard this process and those it starts; a second call changes nothing."""
    if getattr(sys, "_musicapp_guarded", False):
        return
    sys._musicapp_guarded = True
    sys.addaudithook(_hook)
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(GUARDED), *filter(None, paths)])
    for name in KEYS:
        os.environ.pop(name, None)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event in TALKING and not _near(args[0].family, args[1]):
        _refuse(f"{event} {args[1]}")
    elif event in ASKING and not _known(args[0]):
        _refuse(f"{event} {args[0]}")


def _refuse(what: str) -> None:
    refused.append(what)
    raise NetworkBlocked(f"tests stay on this machine: {what}")


def _near(family: int, address: Any) -> bool:
    if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
        return True
    return _loopback(str(address[0]))


def _known(host: Any) -> bool:
    """Names that are answered without asking anybody: this machine, and plain addresses."""
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    return not name or _loopback(name) or _is_address(name)


def _loopback(host: str) -> bool:
    return host in ("", "localhost", "::1", "0.0.0.0", "::") or host.startswith("127.")


def _is_address(name: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, name.partition("%")[0])
        except OSError:
            continue
        return True
    return name == socket.gethostname()
