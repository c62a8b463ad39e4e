"""A controller of the test's own."""

import contextlib
import pathlib
import subprocess
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def controller(program: pathlib.Path) -> Iterator[str]:
    """Runs a controller that knows nothing yet; what is given is its URL."""
    with tempfile.TemporaryDirectory() as directory:
        command = [program, "serve", "--listen", "127.0.0.1:0", "--store.file", f"{directory}/store"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
            try:
                yield address(child)
            finally:
                child.kill()


def address(child: subprocess.Popen[str]) -> str:
    log = ""
    for line in child.stderr or ():
        log += line
        if "listening" in line:
            return "http://" + line.partition("address=")[2].split()[0].strip('"')
    raise RuntimeError(f"the controller does not start:\n{log}")
