"""A cluster, a controller that its scheduler asks, and agents that say what the check wants."""

import json
import re
import subprocess
import urllib.request

import certificates
import objects
from agents import Agent
from cluster import Cluster
from processes import Process
from processes import free_ports
from processes import wait_for
from recorder import Recorder

NAMESPACE = "/api/v1/namespaces/default"
NODES = ["worker-1", "worker-2", "worker-3", "worker-4", "unknown-node"]
# What the controller is told of its hosts, and what their agents say. `worker-1` is dear and clean; `worker-2` cheap and dirty, and
# another name of its host; `worker-3` is being emptied; `worker-4` has little power left. Of the fifth node nobody here knows. The
# others have no nodes, until a test makes some.
HOSTS = {
    "worker-1": ({}, {"full_load": 900, "grams": 50, "country": "FR"}),
    "h2": ({"aliases": ["worker-2"]}, {"grams": 600}),
    "worker-3": ({}, {"full_load": 200, "grams": 20}),
    "worker-4": ({"power-limit-watts": 101}, {}),
    **{f"spare-{number}": ({}, {"grams": 700 + number}) for number in range(20)},
}


class World:
    """Everything runs until it is stopped, and writes into `directory`."""

    def __init__(self, binaries, controller, documentation, directory):
        self.directory = directory
        self.program = controller
        self.documentation = documentation
        self.agents = {name: Agent(**figures) for name, (_, figures) in HOSTS.items()}
        self.port = free_ports(1)[0]
        self.cluster = Cluster(binaries, self.directory)
        self.recorder = Recorder(f"127.0.0.1:{self.port}")
        self.controller = None
        self.trust = None
        self.start_controller()
        # An order to drain is in the store, and outlives the controller.
        self.drain("worker-3")
        self.add_nodes(NODES)
        self.cluster.post("/apis/node.k8s.io/v1/runtimeclasses", objects.RUNTIME_CLASS)
        self.cluster.post("/apis/scheduling.k8s.io/v1/priorityclasses", objects.PRIORITY_CLASS)

    def start_controller(self, tls=False):
        file, store = self.directory / "controller.yaml", self.directory / "store"
        hosts = {name: {"addresses": [self.agents[name].address], **more} for name, (more, _) in HOSTS.items()}
        targets = [agent.address for agent in self.agents.values()]
        fleet = {"interval": "1s", "silent-after": "10s", "hosts": hosts, "targets": targets}
        # YAML is a superset of JSON.
        file.write_text(json.dumps({"fleet": fleet}, indent=1), encoding="utf-8")
        arguments = [self.program, "serve", "--listen", f"127.0.0.1:{self.port}", "--config", file, "--store.file", store]
        self.trust = certificates.make(self.directory) if tls else None
        arguments += certificates.flags(self.directory) if tls else []
        self.controller = Process("controller", self.directory, arguments)
        wait_for("the controller to know all hosts", self._knows_all)

    def _knows_all(self):
        self.controller.is_alive()
        try:
            hosts = self.ask("/v1/hosts")["hosts"]
        except OSError:
            return False
        known = [host for host in hosts if host["standing"] != "silent" and host["utilisation"] is not None]
        return len(known) == len(self.agents)

    def ask(self, path):
        scheme = "https" if self.trust else "http"
        url = f"{scheme}://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(url, timeout=30, context=self.trust) as reply:
            return json.loads(reply.read())

    def drain(self, host):
        subprocess.run([self.program, "drain", host, "--url", f"http://127.0.0.1:{self.port}"], check=True, capture_output=True)

    def add_nodes(self, names):
        for number, name in enumerate(names, 1):
            wanted = objects.node(number, name)
            self.cluster.post("/api/v1/nodes", wanted)
            # The API server taints each new node, until somebody finds it ready.
            self.cluster.patch(f"/api/v1/nodes/{name}", {"spec": {"taints": None}})
            self.cluster.patch(f"/api/v1/nodes/{name}/status", {"status": wanted["status"]})

    def remove_nodes(self, names):
        for name in names:
            self.cluster.delete(f"/api/v1/nodes/{name}")

    def scheduler(self, whole_nodes=False, policy="low-carbon", ignorable=True, **more):
        """Starts one with what the documentation says, but for the address, and without TLS."""
        text = self.configuration(f"http://{self.recorder.address}/extender/{policy}", whole_nodes, ignorable)
        text = re.sub(r"\n  enableHTTPS: true\n  tlsConfig:\n(    .*\n)+", "\n", text)
        self.cluster.start_scheduler(text + "".join(f"{key}: {value}\n" for key, value in more.items()))

    def configuration(self, url, whole_nodes=False, ignorable=True):
        """The documentation's, with what belongs to this place put in."""
        page = self.documentation.read_text(encoding="utf-8")
        text = re.search(r"```yaml\n(apiVersion: kubescheduler.*?)```", page, re.S).group(1)
        version = "v1" if self.cluster.version() >= (1, 25) else "v1beta1"
        for pattern, put in [
            (r"config.k8s.io/v1\n", f"config.k8s.io/{version}\n"),
            (r"kubeconfig: .*", f"kubeconfig: {self.cluster.kubeconfig}"),
            (r"urlPrefix: .*", f"urlPrefix: {url}"),
            (r"nodeCacheCapable: true", f"nodeCacheCapable: {str(not whole_nodes).lower()}"),
            (r"ignorable: true", f"ignorable: {str(ignorable).lower()}"),
            # On a busy machine a second may be too short.
            (r"httpTimeout: 1s", "httpTimeout: 30s"),
        ]:
            text, times = re.subn(pattern, put, text)
            assert times == 1, f"{pattern} is {times} times in {self.documentation}"
        return text

    def create(self, pod):
        return self.cluster.post(f"{NAMESPACE}/pods", pod)["metadata"]["name"]

    def pod(self, name):
        return self.cluster.get(f"{NAMESPACE}/pods/{name}")

    def place(self, pod):
        """Creates a pod, and says on which node the scheduler puts it."""
        name = self.create(pod)
        return wait_for(f"a place for {name}", lambda: self.pod(name)["spec"].get("nodeName"))

    def refusal(self, pod):
        """Creates a pod that will find no place, and says what its event says."""
        name = self.create(pod)
        return wait_for(f"a refusal of {name}", lambda: self.events(name, "FailedScheduling"))[0]["message"]

    def events(self, name, reason):
        found = self.cluster.get(f"{NAMESPACE}/events?fieldSelector=involvedObject.name={name},reason={reason}")
        return found["items"]

    def forget_pods(self):
        for pod in self.cluster.get(f"{NAMESPACE}/pods")["items"]:
            name = pod["metadata"]["name"]
            self.cluster.send("DELETE", f"{NAMESPACE}/pods/{name}", {"gracePeriodSeconds": 0})
        self.cluster.delete(f"{NAMESPACE}/events")
