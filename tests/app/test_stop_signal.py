"""The signal to stop, however the kernel delivers it."""

import signal
from threading import Thread, get_ident

import pytest

from jimeng_app.stop_signal import StopSignal
from tests.each import each


@pytest.mark.usefixtures("signal_handlers")
@each("number", [signal.SIGINT, signal.SIGTERM])
def test_given_to_another_thread(number: signal.Signals) -> None:
    """A signal that the kernel gives to any other thread stops the program too."""
    stop = StopSignal()
    thread = Thread(target=lambda: signal.pthread_kill(get_ident(), number))
    thread.start()
    stop.wait()
    thread.join()
