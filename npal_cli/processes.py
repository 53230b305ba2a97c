"""Worker processes that a Ctrl-C does not reach: the command that began them ends them."""

import signal


def start_tracker() -> None:
    """Start the process that clears away after workers, and leave the blocked signals of this thread as they are.

    It is started with the first worker otherwise, and Python unblocks Ctrl-C in the thread that starts it. Workers
    that are begun after that print a traceback when a terminal interrupts all of a command's processes.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        return
    from multiprocessing.resource_tracker import ensure_running

    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    ensure_running()
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
