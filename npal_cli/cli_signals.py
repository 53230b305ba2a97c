"""How a command ends that is asked to: at once, in one line, with none of its processes left.

What a command keeps is whole whenever it ends, so nothing has to be waited for: not for a kernel that is being
compiled, not for imports, not for workers that start. A handler in Python would wait for them, since it runs between
two steps of the main thread. So a thread of its own waits for the signal.
"""

import os
import signal
from collections.abc import Callable
from threading import Thread

SIGNALS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}

TRACKER = "resource_tracker"
"""What the processes are called, and begin their warnings with, that clear away what others left."""


def end_on_signals() -> None:
    """From now on Ctrl-C and SIGTERM end this process, with exit code 130 or 143; where threads can wait for them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows: Python's own way
        return
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    for number in SIGNALS:
        signal.signal(number, _wait_for_the_thread)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    Thread(target=_watch, args=(readable,), daemon=True, name="signals").start()
    told = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, [told, f"ignore:{TRACKER}"]))
    # Processes that are begun from here on are deaf to Ctrl-C, which a terminal sends to all of a command's.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def on_signals(end: Callable[[], None]) -> None:
    """Have something else done by Ctrl-C and SIGTERM than :func:`end_on_signals` says."""
    global _end  # noqa: PLW0603  of the process, as signals are
    _end = lambda _: end()  # noqa: E731


def _at_once(number: int) -> None:
    _kill_children()
    said = SIGNALS[signal.Signals(number)]
    os.write(2, f"npal: {said}; run the same command again to go on\n".encode())
    os._exit(128 + number)


_end: Callable[[int], None] = _at_once


def _watch(readable: int) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, set(SIGNALS))
    while True:
        number = os.read(readable, 1)[0]
        _end(number)  # what is to be done by now


def _wait_for_the_thread(*_: object) -> None:
    """Python has to have a handler, or it would end before the thread does."""


def _kill_children() -> None:
    """All but those that clear away what the others shared, once these are gone; they end by themselves."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        try:
            if not any(TRACKER in part for part in child.cmdline()):
                child.kill()
        except psutil.Error:
            continue
