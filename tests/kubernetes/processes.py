"""What runs beside the check: its log in a file, its end with ours."""

import socket
import subprocess
import time

# All that was started and not stopped yet.
RUNNING = []
# Far longer than anything takes here, on a machine that is busy with something else.
PATIENCE = 120


def free_ports(count):
    """All are bound at once, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def wait_for(what, ask):
    """Asks until there is an answer."""
    end = time.monotonic() + PATIENCE
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.05)


class Process:
    """One program of those that run beside the check."""

    def __init__(self, name, directory, arguments):
        self.log_file = directory / f"{name}.log"
        self.name = name
        with self.log_file.open("a", encoding="utf-8") as log:
            # It is nobody's terminal, and ends by stop() alone.
            self.child = subprocess.Popen(  # pylint: disable=consider-using-with
                [str(argument) for argument in arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        RUNNING.append(self)

    def log(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def is_alive(self):
        if self.child.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.child.returncode}:\n{self.log()[-3000:]}")
        return True

    def wait_for_log(self, text):
        wait_for(f"{text!r} in the log of {self.name}", lambda: self.is_alive() and text in self.log())

    def stop(self):
        if self in RUNNING:
            RUNNING.remove(self)
        self.child.terminate()
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def stop_all():
    """The last first: who stands on another ends before it."""
    while RUNNING:
        RUNNING[-1].stop()
