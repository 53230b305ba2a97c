"""The server of the page to label on: for this machine alone."""

import secrets
import socket
from collections.abc import Callable

import uvicorn

from npal_cli.errors import UsageError
from npal_cli.serving.app import HOSTS, app_of
from npal_cli.serving.session import Session

PORT = 8765
"""Where it is asked for at first; another if that is taken."""


def serve(session: Session, port: int | None, ready: Callable[[str], None]) -> None:
    """Serve until interrupted; ``ready`` is told the address when it can be opened.

    Raises:
        UsageError: if ``port`` is taken.
    """
    listening = _socket(port)
    found = listening.getsockname()[1]
    token = secrets.token_urlsafe(24)
    app = app_of(session, token, found)
    ready(f"http://{HOSTS[0]}:{found}/?token={token}")
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listening])


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
