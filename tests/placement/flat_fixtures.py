"""The data that Placement's own tests begin with, told to a controller over HTTP.

What each test file needs is read out of Placement's fixtures. Only the handful of helpers with which those write to
Placement's database are replaced. Providers are flat here: a part of another provider is not made, and nothing is
marked as shared; which tests miss that stands in `gabbits.txt`.
"""

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import requests
from oslo_utils.fixture import uuidsentinel
from placement.tests.functional.fixtures import gabbits

SHARING = "MISC_SHARES_VIA_AGGREGATE"
# Each of these is some UUID, to all test files.
NAMELESS = (
    "RP_UUID RP_NAME RP_UUID1 RP_NAME1 RP_UUID2 RP_NAME2 PROJECT_ID ADMIN_PROJECT_ID SERVICE_PROJECT_ID USER_ID"
    " PROJECT_ID_ALT USER_ID_ALT INSTANCE_UUID MIGRATION_UUID CONSUMER_UUID PARENT_PROVIDER_UUID"
    " ALT_PARENT_PROVIDER_UUID"
)
CLASSES = {
    "CUSTOM_RES_CLASS": "CUSTOM_IRON_NFV",
    "CUSTOM_RES_CLASS1": "CUSTOM_IRON_NFV1",
    "CUSTOM_RES_CLASS2": "CUSTOM_IRON_NFV2",
}


@dataclass
class Controller:
    """The controller that is told."""

    url: str

    def ask(self, method: str, path: str, body: Any = None, minor: int = 39) -> Any:
        headers = {"openstack-api-version": f"placement 1.{minor}", "x-auth-token": "admin"}
        answer = requests.request(method, self.url + path, headers=headers, json=body, timeout=30)
        if not answer.ok:
            raise RuntimeError(f"{method} {path} {body}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None


@dataclass
class Provider:
    controller: Controller
    uuid: str
    is_flat: bool

    def put(self, room: str, body: dict[str, Any]) -> None:
        if self.is_flat:
            path = f"/resource_providers/{self.uuid}"
            generation = self.controller.ask("GET", path)["generation"]
            self.controller.ask("PUT", f"{path}/{room}", {"resource_provider_generation": generation, **body})

    def set_aggregates(self, aggregates: list[str]) -> None:
        self.put("aggregates", {"aggregates": aggregates})


@dataclass
class Owner:
    """A project or a user: they are known by their consumers only."""

    external_id: str

    def create(self) -> None:
        pass


@dataclass
class Consumer:
    uuid: str
    user: Owner
    project: Owner


@dataclass
class Helpers:
    """In place of those of Placement, with their names and arguments."""

    controller: Controller

    def create_provider(self, _: Any, name: str, *aggregates: str, **more: str) -> Provider:
        provider = Provider(self.controller, more.get("uuid") or getattr(uuidsentinel, name), not more.get("parent"))
        if provider.is_flat:
            self.controller.ask("POST", "/resource_providers", {"name": name, "uuid": provider.uuid})
            if aggregates:
                provider.set_aggregates(list(aggregates))
        return provider

    def add_inventory(self, provider: Provider, resource_class: str, total: int, **more: float) -> None:
        if resource_class.startswith("CUSTOM_"):
            self.controller.ask("PUT", f"/resource_classes/{resource_class}")
        if provider.is_flat:
            path = f"/resource_providers/{provider.uuid}/inventories"
            inventory = {"resource_class": resource_class, "total": total, "max_unit": total, **more}
            self.controller.ask("POST", path, inventory)

    def set_traits(self, provider: Provider, *traits: str) -> None:
        for name in traits:
            if name.startswith("CUSTOM_"):
                self.controller.ask("PUT", f"/traits/{name}")
        provider.put("traits", {"traits": [name for name in traits if name != SHARING]})

    def ensure_consumer(self, _: Any, user: Owner, project: Owner) -> Consumer:
        return Consumer(str(uuid.uuid4()), user, project)

    def create_user_and_project(self, _: Any, prefix: str) -> tuple[Owner, Owner]:
        return Owner(f"{prefix}-user"), Owner(f"{prefix}-project")

    def set_allocation(self, _: Any, provider: Provider, consumer: Consumer, amounts: Mapping[str, int]) -> None:
        if provider.is_flat:
            body = {
                "allocations": {provider.uuid: {"resources": dict(amounts)}},
                "project_id": consumer.project.external_id,
                "user_id": consumer.user.external_id,
                "consumer_generation": None,
            }
            # They have no type, which has to be told since 1.38.
            self.controller.ask("PUT", f"/allocations/{consumer.uuid}", body, minor=37)


def told(controller: Controller) -> ModuleType:
    """Placement's fixtures, which tell this controller what they would write into the database."""

    def owner(_: Any, external_id: str) -> Owner:
        return Owner(external_id)

    class Class:
        def __init__(self, context: Any, name: str) -> None:
            self.name = name

        def create(self) -> None:
            controller.ask("PUT", f"/resource_classes/{self.name}")

    def start(fixture: Any) -> None:
        fixture.context = None
        os.environ.update({name: str(uuid.uuid4()) for name in NAMELESS.split()}, **CLASSES)

    base = gabbits.APIFixture
    base.start_fixture, base.stop_fixture = start, lambda fixture: None
    gabbits.tb = Helpers(controller)
    gabbits.user_obj.User = gabbits.project_obj.Project = owner
    gabbits.rc_obj.ResourceClass = Class
    gabbits.OpenPolicyFixture.start_fixture = start
    return gabbits
