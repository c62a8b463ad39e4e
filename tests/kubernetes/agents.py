"""Agents that say what the check wants them to say."""

import http.server
import threading

PAGE = """\
wattle_host_power_watts{{component="cpu"}} {watts}
wattle_power_model_watts{{component="cpu",socket="0",term="static"}} {static}
wattle_power_model_watts{{component="cpu",socket="0",term="full_load"}} {full_load}
wattle_host_cpus {cpus}
wattle_host_cpu_seconds_total{{mode="idle"}} {idle}
wattle_host_cpu_seconds_total{{mode="user"}} 1
wattle_host_memory_bytes{{state="total"}} 34359738368
wattle_host_memory_bytes{{state="available"}} 30000000000
wattle_sensor_info{{sensor="component/cpu",quality="measured"}} 1
wattle_host_location_info{{country="{country}"}} 1
wattle_grid_carbon_intensity_grams_per_kilowatt_hour{{zone="X",source="x"}} {grams}
"""


class Agent:
    """One agent; `figures` may be changed at any time."""

    def __init__(self, **figures):
        self.figures = {"static": 100, "full_load": 300, "watts": 100, "cpus": 10, "country": "PL", "grams": 400, **figures}
        self.rounds = 0
        agent = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                page = agent.page().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self):
        # Counters grow with every round, as those of an agent do.
        self.rounds += 1
        return PAGE.format(idle=self.figures["cpus"] * self.rounds, **self.figures)
