"""The server of the page to label on: for this machine alone."""

import secrets
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread

import uvicorn

from npal_cli.errors import UsageError
from npal_cli.serving.app import HOSTS, app_of
from npal_cli.serving.session import Session

PORT = 8765
"""Where it is asked for at first; another if that is taken."""


def serve(session: Session, port: int | None, ready: Callable[[str], None], *, show: bool = False) -> None:
    """Serve until interrupted; ``ready`` is told the address, which ``show`` opens in the browser.

    Raises:
        UsageError: if ``port`` is taken.
    """
    listening = _socket(port)  # from here on the browser may come; it waits until it is served
    found = listening.getsockname()[1]
    token = secrets.token_urlsafe(24)
    address = f"http://{HOSTS[0]}:{found}/?token={token}"
    ready(address)
    if show:
        Thread(target=_open, args=(address,), daemon=True).start()
    config = uvicorn.Config(app_of(session, token, found), log_level="warning", access_log=False)
    config.timeout_graceful_shutdown = 1
    uvicorn.Server(config).run(sockets=[listening])


def _open(address: str) -> None:
    """By a page that leads there, which its owner alone can read: a command line can be read by others."""
    page = Path(mkdtemp(prefix="npal-")) / "label.html"
    page.write_text(f'<meta http-equiv="refresh" content="0; url={address}">', encoding="utf-8")
    webbrowser.open(page.as_uri())


def _socket(port: int | None) -> socket.socket:
    for number in (PORT, 0) if port is None else (port,):
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOSTS[0], number))
        except OSError as error:
            listening.close()
            if port is not None:
                raise UsageError(f"--port {port}: {error.strerror}; name another, or 0 for any") from error
        else:
            listening.listen()
            return listening
    raise UsageError("no port is free to serve at")
