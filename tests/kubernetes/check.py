"""Holds the controller's scheduler extender against a real kube-scheduler: check.py BINARIES CONTROLLER [--record DIR]

With --record the requests and answers of one pod are written to DIR, one file for each.
"""

import argparse
import json
import pathlib
import shutil
import signal
import sys
import tempfile
import unittest

import certificates
import objects
import processes
from processes import wait_for
from world import NODES
from world import World

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What a scheduler says that could not read an answer, or passed an extender over.
TROUBLE = ("Skipping extender", "cannot unmarshal", "invalid character", "claims a filtered node", "unexpected EOF")


class Extender(unittest.TestCase):
    """One world for all: each test starts the scheduler that it needs, and takes its pods away."""

    world = None
    record = None

    def setUp(self):
        self.world.recorder.calls.clear()

    def tearDown(self):
        self.world.forget_pods()

    def no_trouble(self):
        log = self.world.cluster.scheduler.log()
        for text in TROUBLE:
            self.assertNotIn(text, log)
        # Without a bindVerb it binds by itself, and without a preemptVerb it asks nobody whom to evict.
        self.assertLessEqual({path.rsplit("/", 1)[1] for path, *_ in self.world.recorder.calls}, {"filter", "prioritize"})
        self.assertLessEqual({status for _, _, status, _ in self.world.recorder.calls}, {200})

    def recorded_pod(self, form):
        """Schedules the pod of the recordings. By low-carbon it belongs on the first node."""
        self.assertEqual(self.world.place(objects.rich_pod("web-0", {})), "worker-1")
        calls = self.world.recorder.about("web-0")
        self.assertEqual([verb for verb, *_ in calls], ["filter", "prioritize"])
        for verb, request, answer in calls if self.record else ():
            for kind, value in (("request", request), ("answer", answer)):
                text = json.dumps(value, indent=1) + "\n"
                (self.record / f"{form}-{verb}-{kind}.json").write_text(text, encoding="utf-8")
        self.no_trouble()
        return [(request, answer) for _, request, answer in calls]

    def set_grams(self, grams):
        """What the agent of worker-1 says of its grid, and the controller hears."""
        self.world.agents["worker-1"].figures["grams"] = grams
        wait_for("the controller to hear of it", lambda: self.world.ask("/v1/hosts/worker-1")["grams_per_kwh"] == grams)

    def test_names_are_sent_and_come_back_and_the_policy_decides(self):
        self.world.scheduler()
        (filtered, answer), (prioritized, scores) = self.recorded_pod("names")
        self.assertIsNone(filtered["Nodes"])
        self.assertEqual(sorted(filtered["NodeNames"]), sorted(NODES))
        self.assertEqual(sorted(answer["NodeNames"]), ["unknown-node", "worker-1", "worker-2"])
        self.assertEqual(sorted(prioritized["NodeNames"]), sorted(answer["NodeNames"]))
        best = [score["Host"] for score in scores if score["Score"] == 10]
        self.assertEqual(best, ["worker-1"])

    def test_whole_nodes_are_sent_and_come_back_unchanged(self):
        self.world.scheduler(whole_nodes=True)
        (filtered, answer), (prioritized, _) = self.recorded_pod("nodes")
        self.assertIsNone(filtered["NodeNames"])
        sent = {node["metadata"]["name"]: node for node in filtered["Nodes"]["items"]}
        self.assertEqual(sorted(sent), sorted(NODES))
        passed = answer["Nodes"]["items"]
        self.assertEqual([node for node in passed if node != sent[node["metadata"]["name"]]], [])
        # Through Go's decoder and back nothing is lost.
        self.assertEqual(prioritized["Nodes"]["items"], passed)

    def test_another_policy_and_other_facts_lead_elsewhere(self):
        world = self.world
        world.scheduler()
        self.assertEqual(world.place(objects.pod("clean")), "worker-1")
        self.assertEqual(world.place(objects.pod("cheap", {"wattle/policy": "save-energy"})), "worker-2")
        self.set_grams(5000)
        self.assertEqual(world.place(objects.pod("changed")), "worker-2")
        self.set_grams(50)
        self.assertEqual(world.place(objects.pod("again")), "worker-1")
        self.assertEqual(world.place(objects.pod("polish", {"wattle/countries": "PL"})), "worker-2")
        # Kubernetes places and counts; here nothing is claimed.
        self.assertEqual(world.ask("/v1/claims")["claims"], [])
        self.no_trouble()

    def test_refusals_stand_in_the_event_with_their_figures(self):
        self.world.scheduler()
        told = self.world.refusal(objects.pod("nowhere", {"wattle/countries": "FR", "wattle/max-grams-per-kwh": "40"}))
        self.assertTrue(told.startswith("0/5 nodes are available: "), told)
        for part in [
            "1 wattle: its grid has 50 g/kWh, the ceiling is 40",
            "2 wattle: its country is PL",
            "1 wattle: it is draining",
            "1 wattle: nobody knows this node",
        ]:
            self.assertIn(part, told)
        self.no_trouble()

    def test_many_refusals_are_counted_by_rule_so_that_the_event_is_written_at_all(self):
        spare = [f"spare-{number}" for number in range(20)]
        self.addCleanup(self.world.remove_nodes, spare)
        self.world.add_nodes(spare)
        self.world.scheduler()
        told = self.world.refusal(objects.pod("cleanest", {"wattle/max-grams-per-kwh": "10"}))
        self.assertIn("23 wattle: the rule carbon", told)
        self.assertLess(len(told), 1024)

    def test_a_pod_that_says_what_cannot_be_meant_waits_and_says_why(self):
        self.world.scheduler()
        told = self.world.refusal(objects.pod("misspelt", {"wattle/polcy": "pack"}))
        self.assertIn("5 wattle: pod default/misspelt: there is no annotation wattle/polcy", told)
        self.assertIsNone(self.world.pod("misspelt")["spec"].get("nodeName"))
        self.no_trouble()

    def test_power_refuses_without_an_eviction(self):
        self.world.scheduler()
        self.world.create(objects.pod("low", nodeName="worker-4"))
        chosen = {"kubernetes.io/hostname": "worker-4"}
        told = self.world.refusal(objects.pod("high", nodeSelector=chosen, priorityClassName="important"))
        self.assertIn("1 wattle: it would draw 120.0 W; the limit is 101.0 W", told)
        self.assertNotIn("deletionTimestamp", self.world.pod("low")["metadata"])
        if self.world.cluster.version() >= (1, 21):
            self.assertNotIn("nominatedNodeName", self.world.pod("high")["status"])

    def test_without_a_controller_pods_are_scheduled_if_it_is_ignorable_and_wait_if_it_is_not(self):
        world = self.world
        world.scheduler()
        world.controller.stop()
        try:
            self.assertIn(world.place(objects.pod("alone", {"wattle/countries": "FR"})), NODES)
            self.assertIn("Skipping extender", world.cluster.scheduler.log())
            world.scheduler(ignorable=False)
            self.assertIn("/extender/low-carbon/filter", world.refusal(objects.pod("waits")))
        finally:
            world.start_controller()
        # The scheduler tries again when something changes in the cluster, or by itself after minutes.
        world.cluster.patch("/api/v1/nodes/worker-1", {"metadata": {"labels": {"changed": "yes"}}})
        self.assertEqual(wait_for("a place", lambda: world.pod("waits")["spec"].get("nodeName")), "worker-1")

    def test_more_nodes_than_a_hundred_are_all_sent(self):
        world = self.world
        many = [f"more-{number}" for number in range(150)]
        self.addCleanup(world.remove_nodes, many)
        world.add_nodes(many)
        world.scheduler()
        self.assertEqual(world.place(objects.pod("large")), "worker-1")
        (_, request, _), *_ = world.recorder.about("large")
        self.assertEqual(len(request["NodeNames"]), len(NODES) + len(many))
        self.no_trouble()

    def test_the_documented_configuration_works_with_certificates(self):
        world = self.world
        world.controller.stop()
        try:
            world.start_controller(tls=True)
            text = world.configuration(f"https://127.0.0.1:{world.port}/extender/low-carbon")
            world.cluster.start_scheduler(certificates.put_in(text, world.directory))
            self.assertEqual(world.place(objects.pod("sealed", {"wattle/countries": "FR"})), "worker-1")
            self.no_trouble()
        finally:
            world.controller.stop()
            world.start_controller()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("binaries", type=pathlib.Path)
    arguments.add_argument("controller", type=pathlib.Path)
    arguments.add_argument("--record", type=pathlib.Path)
    given = arguments.parse_args()
    # So that nothing outlives this, however it is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="wattle-kubernetes."))
    well = False
    try:
        Extender.record = given.record
        Extender.world = World(given.binaries, given.controller, ROOT / "docs/kubernetes.md", directory)
        well = unittest.main(argv=["check.py", "--verbose"], exit=False).result.wasSuccessful()
    finally:
        processes.stop_all()
        if well:
            shutil.rmtree(directory)
        else:
            print(f"the logs are in {directory}", file=sys.stderr)
    sys.exit(not well)


if __name__ == "__main__":
    main()
