"""Stands between the scheduler and the controller, passes everything on and keeps it."""

import http.client
import http.server
import json
import threading


class Recorder:
    """`calls` holds what was asked and answered: path, request, status, answer."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.calls = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    status, answer = recorder.ask(self.command, self.path, body, self.headers)
                except OSError:
                    # Nobody listens.
                    self.close_connection = True
                    return
                recorder.calls.append((self.path, body, status, answer))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_PUT = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def ask(self, method, path, body, headers):
        connection = http.client.HTTPConnection(self.upstream, timeout=10)
        try:
            connection.request(method, path, body, {"Content-Type": headers.get("Content-Type", "")})
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def about(self, pod):
        """The calls for a pod, each as its verb, the request and the answer."""
        read = [(path.rsplit("/", 1)[1], json.loads(body), status, answer) for path, body, status, answer in list(self.calls)]
        return [
            (verb, request, json.loads(answer) if status == 200 else None)
            for verb, request, status, answer in read
            if request["Pod"]["metadata"]["name"] == pod
        ]
