"""Nodes as kubelets register them, and pods as people write them."""

import copy

SEEN = "2026-11-20T09:00:00Z"
CONDITIONS = [
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status. AppArmor enabled"),
]


def node(number, name, cpus=10, extra_labels=None):
    """What a kubelet says of itself with its first request, apart from its status."""
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node-role.kubernetes.io/worker": "",
        "topology.kubernetes.io/zone": f"rack-{number % 2 + 1}",
    }
    annotations = {
        "kubeadm.alpha.kubernetes.io/cri-socket": "unix:///run/containerd/containerd.sock",
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    }
    spec = {"podCIDR": f"10.244.{number}.0/24", "podCIDRs": [f"10.244.{number}.0/24"]}
    return {
        "metadata": {"name": name, "labels": {**labels, **(extra_labels or {})}, "annotations": annotations},
        "spec": {**spec, "providerID": f"bare://{name}", "taints": []},
        "status": status(number, name, cpus),
    }


def status(number, name, cpus):
    room = {"ephemeral-storage": "102624184Ki", "hugepages-1Gi": "0", "hugepages-2Mi": "0", "memory": "32873884Ki", "pods": "110"}
    keys = ("type", "status", "reason", "message")
    times = {"lastHeartbeatTime": SEEN, "lastTransitionTime": SEEN}
    return {
        "addresses": [{"type": "InternalIP", "address": f"10.0.0.{number}"}, {"type": "Hostname", "address": name}],
        "capacity": {"cpu": str(cpus), **room},
        "allocatable": {"cpu": f"{cpus * 1000 - 500}m", **room, "memory": "31825308Ki"},
        "conditions": [{**dict(zip(keys, condition)), **times} for condition in CONDITIONS],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "images": [{"names": ["registry.example.net/pause:3.2"], "sizeBytes": 682696}],
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": f"5f1c9e0e-3c1f-4a52-9d0b-{number:012}",
            "containerRuntimeVersion": "containerd://1.4.13",
            "kernelVersion": "5.10.0-30-amd64",
            "kubeProxyVersion": "v1.20.2",
            "kubeletVersion": "v1.20.2",
            "machineID": f"{number:032}",
            "operatingSystem": "linux",
            "osImage": "Debian GNU/Linux 11 (bullseye)",
            "systemUUID": f"0a3b9e0e-3c1f-4a52-9d0b-{number:012}",
        },
    }


def container(name, cpu=None, memory=None):
    requests = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value}
    return {"name": name, "image": f"registry.example.net/{name}:1", "resources": {"requests": requests}}


def pod(name, annotations=None, cpu="1", **spec):
    return {
        "metadata": {"name": name, "labels": {"app": name}, "annotations": annotations or {}},
        "spec": {"containers": [container("main", cpu, "64Mi")], **copy.deepcopy(spec)},
    }


def rich_pod(name, annotations):
    """A pod with everything that the scheduler or wattle looks at."""
    spread = {"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "kubernetes.io/hostname"}
    web = {**container("web", "500m", "256Mi"), "ports": [{"containerPort": 8080}]}
    web["resources"]["limits"] = {"memory": "512Mi"}
    web["readinessProbe"] = {"httpGet": {"path": "/healthz", "port": 8080}}
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "controller": True, "blockOwnerDeletion": True}
    return {
        "metadata": {
            "name": name,
            "labels": {"app": "web", "statefulset.kubernetes.io/pod-name": name},
            "annotations": annotations,
            "ownerReferences": [{**owner, "uid": "6d1a6a4e-8f0c-4a58-8d9a-1f3c5c3f0b11"}],
        },
        "spec": {
            "initContainers": [container("migrate", "1200m", "64Mi"), container("warm")],
            "containers": [web, container("log", "150m"), container("plain")],
            "runtimeClassName": "boxed",
            "priorityClassName": "important",
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "web", "effect": "NoSchedule"}],
            "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [spread]}},
            "volumes": [{"name": "scratch", "emptyDir": {}}],
        },
    }


RUNTIME_CLASS = {"metadata": {"name": "boxed"}, "handler": "kata", "overhead": {"podFixed": {"cpu": "250m", "memory": "120Mi"}}}
PRIORITY_CLASS = {"metadata": {"name": "important"}, "value": 100000, "description": "before others"}
