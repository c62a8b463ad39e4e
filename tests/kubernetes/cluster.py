"""A Kubernetes without kubelets: etcd, kube-apiserver and kube-scheduler, on the loopback."""

import json
import pathlib
import re
import ssl
import subprocess
import urllib.error
import urllib.request

from processes import Process
from processes import free_ports
from processes import wait_for

TOKEN = "check"


class Cluster:
    """Runs until everything is stopped. The scheduler comes and goes with what it is configured to ask."""

    def __init__(self, binaries, directory):
        self.binaries = pathlib.Path(binaries)
        self.directory = directory
        self.scheduler = None
        self.port, self.etcd_port, self.peer_port, self.health_port = free_ports(4)
        self.url = f"https://127.0.0.1:{self.port}"
        self.etcd = self._start_etcd()
        self.apiserver = self._start_apiserver()
        self._write_kubeconfig()
        self.trust = None
        wait_for("kube-apiserver", self._is_ready)

    def version(self):
        """Such as (1, 20, 2)."""
        told = subprocess.run([self.binaries / "kube-scheduler", "--version"], capture_output=True, check=True, text=True)
        return tuple(int(part) for part in re.search(r"v(\d+)\.(\d+)\.(\d+)", told.stdout).groups())

    def _start_etcd(self):
        client, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{self.peer_port}"
        return Process(
            "etcd",
            self.directory,
            ["etcd", "--data-dir", self.directory / "etcd", "--listen-client-urls", client, "--advertise-client-urls", client]
            + ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"],
        )

    def _start_apiserver(self):
        tokens, key = self.directory / "tokens.csv", self.directory / "accounts.key"
        tokens.write_text(f"{TOKEN},check,1,system:masters\n", encoding="utf-8")
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        flags = {
            "etcd-servers": f"http://127.0.0.1:{self.etcd_port}",
            "bind-address": "127.0.0.1",
            "advertise-address": "127.0.0.1",
            "secure-port": self.port,
            "cert-dir": self.directory / "apiserver",
            "token-auth-file": tokens,
            "authorization-mode": "AlwaysAllow",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": key,
            "service-account-signing-key-file": key,
            "service-cluster-ip-range": "10.96.0.0/16",
            # Nobody makes service accounts here.
            "disable-admission-plugins": "ServiceAccount",
        }
        arguments = [f"--{name}={value}" for name, value in flags.items()]
        return Process("kube-apiserver", self.directory, [self.binaries / "kube-apiserver", *arguments])

    def _write_kubeconfig(self):
        # YAML is a superset of JSON.
        cluster = {"server": self.url, "certificate-authority": str(self.directory / "apiserver/apiserver.crt")}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": cluster}],
            "users": [{"name": "check", "user": {"token": TOKEN}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "check"}}],
            "current-context": "here",
        }
        self.kubeconfig = self.directory / "kubeconfig"
        self.kubeconfig.write_text(json.dumps(config, indent=1), encoding="utf-8")

    def _is_ready(self):
        self.etcd.is_alive()
        self.apiserver.is_alive()
        certificate = self.directory / "apiserver/apiserver.crt"
        if not certificate.exists():
            return False
        try:
            self.trust = ssl.create_default_context(cafile=certificate)
            # Namespaces come a moment after the answer to everything else.
            return self.get("/readyz?verbose") is not None and self.get("/api/v1/namespaces/default")
        except (OSError, ValueError):
            return False

    def start_scheduler(self, configuration):
        """Starts it with a KubeSchedulerConfiguration, in place of the one that runs."""
        self.stop_scheduler()
        file = self.directory / "scheduler.yaml"
        file.write_text(configuration, encoding="utf-8")
        arguments = [f"--config={file}", f"--secure-port={self.health_port}", "--bind-address=127.0.0.1", "--v=3"]
        if self.version() < (1, 23):
            arguments.append("--port=0")
        (self.directory / "kube-scheduler.log").unlink(missing_ok=True)
        self.scheduler = Process("kube-scheduler", self.directory, [self.binaries / "kube-scheduler", *arguments])
        self.scheduler.wait_for_log("successfully acquired lease")

    def stop_scheduler(self):
        if self.scheduler:
            self.scheduler.stop()
            self.scheduler = None
            # The next one need not wait until it has run out.
            self.delete("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler")

    def send(self, method, path, body=None, content="application/json"):
        """What the API server answers, as JSON where it is that; a refusal is an OSError."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": content, "Accept": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=self.trust, timeout=60) as reply:
                text = reply.read().decode()
        except urllib.error.HTTPError as error:
            if error.code == 404 and method != "POST":
                return None
            raise OSError(f"{method} {path}: {error.code} {error.read().decode()}") from error
        return json.loads(text) if text.startswith("{") else text

    def get(self, path):
        return self.send("GET", path)

    def post(self, path, body):
        return self.send("POST", path, body)

    def patch(self, path, body):
        return self.send("PATCH", path, body, "application/merge-patch+json")

    def delete(self, path):
        return self.send("DELETE", path)
