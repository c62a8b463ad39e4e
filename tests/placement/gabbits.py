"""Asks a controller what OpenStack Placement's own tests ask Placement: gabbits.py CONTROLLER [--without FILE]… [FILE]…

The tests are YAML files in the package openstack-placement, which gabbi runs. Each file gets a new controller with an
empty store. Printed is a line for each test, with tabs between: how it went, the file, the test's name, why it failed.
How a fault is worded is not compared: its status, its code and all headers are. That the controller lets nobody keep
what the API says nothing of (`Cache-Control: no-store`) is not compared either.
"""

import argparse
import pathlib
import unittest
from typing import Any

import flat_fixtures
import live
import placement.tests.functional
from gabbi import handlers, httpclient, suitemaker, utils

GABBITS = pathlib.Path(placement.tests.functional.__file__).with_name("gabbits")


class Lines(unittest.TestResult):
    """Prints how each test of a file went."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file

    def say(self, outcome: str, test: Any, why: object = "") -> None:
        print(outcome, self.file, test.test_data["name"], " ".join(str(why).split()), sep="\t", flush=True)

    def addSuccess(self, test: Any) -> None:
        self.say("pass", test)

    def addFailure(self, test: Any, err: Any) -> None:
        self.say("fail", test, err[1])

    addError = addFailure
    addExpectedFailure = addFailure

    def addUnexpectedSuccess(self, test: Any) -> None:
        self.say("pass", test)

    def addSkip(self, test: Any, reason: str) -> None:
        self.say("skip", test, reason)


def without_wording(test: dict[str, Any]) -> dict[str, Any]:
    """Leaves out of a test what it says of the sentence in a fault."""
    if int(str(test.get("status", 200)).split()[0]) < 400:
        return test
    paths = test.get("response_json_paths", {})
    kept = {path: value for path, value in paths.items() if not path.endswith(("detail", "title"))}
    return {key: value for key, value in test.items() if key != "response_strings"} | {"response_json_paths": kept}


class Client(httpclient.Http):
    def request(self, *arguments: Any, **named: Any) -> Any:
        headers, content = super().request(*arguments, **named)
        if headers.get("cache-control") == "no-store":
            del headers["cache-control"]
        return headers, content


def run(program: pathlib.Path, path: pathlib.Path) -> None:
    tests = utils.load_yaml(yaml_file=str(path))
    tests["tests"] = [without_wording(test) for test in tests["tests"]]
    # There is no TLS, and each test would read all certificates.
    tests.setdefault("defaults", {})["cert_validate"] = False
    with live.controller(program) as url:
        host, port, _, _ = utils.host_info_from_target(url)
        suite = suitemaker.test_suite_from_dict(
            loader=unittest.defaultTestLoader,
            test_base_name=path.stem,
            suite_dict=tests,
            test_directory=str(path.parent),
            host=host,
            port=port,
            fixture_module=flat_fixtures.told(flat_fixtures.Controller(url)),
            intercept=None,
            handlers=[handler() for handler in handlers.RESPONSE_HANDLERS],
        )
        suite.run(Lines(path.name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("controller", type=pathlib.Path)
    parser.add_argument("files", nargs="*", help="these only")
    parser.add_argument("--without", action="append", default=[], metavar="FILE", help="not these")
    told = parser.parse_args()
    httpclient.Http = Client
    there = {path.name for path in GABBITS.glob("*.yaml")}
    if unknown := {*told.files, *told.without} - there:
        parser.error(f"openstack-placement has no {', '.join(sorted(unknown))}")
    for name in sorted(({*told.files} or there) - {*told.without}):
        run(told.controller, GABBITS / name)


if __name__ == "__main__":
    main()
