"""Runs the tests of the real `openstack resource provider …` commands against a controller: commands.py CONTROLLER [TEST]…

The tests are those that the package osc-placement carries. Each gets a new controller with an empty store, below
`/placement`. In which order a set is told is not compared. Printed is a line for each test, with tabs between: how it went, its module, its name, why it failed.
"""

import argparse
import contextlib
import os
import pathlib
import sys
import types
import unittest
from typing import Any

import fixtures
import live

# It loads Placement itself, to serve it; the module that would is replaced before it is asked for.
SERVED = "placement.tests.functional.fixtures.placement"
TESTS = "osc_placement.tests.functional"
MODULES = "aggregate allocation allocation_candidate inventory plugin resource_class resource_provider trait usage"


def fixture_of(program: pathlib.Path) -> type[fixtures.Fixture]:
    """A running controller, in the place of Placement."""

    class Controller(fixtures.Fixture):
        token = "admin"

        def _setUp(self) -> None:
            running = contextlib.ExitStack()
            self.addCleanup(running.close)
            self.endpoint = running.enter_context(live.controller(program)) + "/placement"

    return Controller


def sorted_if_list(value: Any) -> Any:
    return sorted(value, key=repr) if isinstance(value, list) else value


def compare_sets() -> None:
    # Loaded late: it asks for the module that stands in for Placement.
    from osc_placement.tests.functional import base

    compare = base.BaseTestCase.assertEqual

    def in_any_order(test: Any, expected: Any, observed: Any, message: str = "") -> None:
        compare(test, sorted_if_list(expected), sorted_if_list(observed), message)

    base.BaseTestCase.assertEqual = in_any_order


class Lines(unittest.TestResult):
    """Prints how each test went."""

    def say(self, outcome: str, test: Any, why: object = "") -> None:
        module, owner, name = test.id().split(".")[-3:]
        print(outcome, module, f"{owner}.{name}", " ".join(str(why).split()), sep="\t", file=OUT, flush=True)

    def addSuccess(self, test: Any, details: Any = None) -> None:
        self.say("pass", test)

    def addFailure(self, test: Any, err: Any = None, details: Any = None) -> None:
        self.say("fail", test, err[1] if err else details["traceback"].as_text())

    addError = addFailure

    def addSkip(self, test: Any, reason: Any = None, details: Any = None) -> None:
        self.say("skip", test, reason)


# The tests catch what is printed.
OUT = sys.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("controller", type=pathlib.Path)
    parser.add_argument("tests", nargs="*", help="these only: test_usage, test_trait.TestTrait, …")
    told = parser.parse_args()
    # One of them starts the command by its name.
    os.environ["PATH"] = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    served = types.ModuleType(SERVED)
    served.PlacementFixture = fixture_of(told.controller)
    sys.modules[SERVED] = served
    compare_sets()
    names = told.tests or [f"test_{name}" for name in MODULES.split()]
    suite = unittest.defaultTestLoader.loadTestsFromNames([f"{TESTS}.{name}" for name in names])
    suite.run(Lines())


if __name__ == "__main__":
    main()
