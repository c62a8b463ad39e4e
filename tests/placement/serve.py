"""Serves OpenStack Placement on a free port of the loopback: serve.py DIRECTORY

Its database and its configuration lie in the directory. It says where it listens on standard error, and ends with its
standard input, so that it never outlives the test that started it.
"""

import logging
import os
import pathlib
import sys
import threading
from wsgiref import simple_server

CONFIGURATION = """
[DEFAULT]
use_stderr = true
[api]
auth_strategy = noauth2
[placement_database]
connection = sqlite:///{directory}/placement.db
sync_on_startup = true
"""


class Handler(simple_server.WSGIRequestHandler):
    # The answer's head and body are two writes.
    disable_nagle_algorithm = True

    def get_environ(self):
        environ = super().get_environ()
        # wsgiref makes up a content type where the client sent none.
        if self.headers.get("content-type") is None:
            environ.pop("CONTENT_TYPE", None)
        return environ

    def log_message(self, *_):
        pass


def end_with_input():
    sys.stdin.read()
    os._exit(0)


def main():
    directory = pathlib.Path(sys.argv[1])
    (directory / "placement.conf").write_text(CONFIGURATION.format(directory=directory))
    os.environ["OS_PLACEMENT_CONFIG_DIR"] = str(directory)
    threading.Thread(target=end_with_input, daemon=True).start()

    from placement import wsgi

    application = wsgi.init_application()
    logging.getLogger().setLevel(logging.ERROR)
    server = simple_server.make_server("127.0.0.1", 0, application, handler_class=Handler)
    server.request_queue_size = 64
    print(f"Listening on address=127.0.0.1:{server.server_port} ", file=sys.stderr, flush=True)
    server.serve_forever()


main()
