"""What `prefect.yaml` declares, and whether Prefect has it so.

Registering a deployment anew deletes the runs that its schedule has planned, those that are overdue
too. So what is as declared is left alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from prefect import Flow
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.utilities.callables import parameter_schema

from domain.errors import InvalidInput

FILE_NAME = "prefect.yaml"
_SOURCE_FOLDER = Path(__file__).parents[1]

Declaration = dict[str, Any]


def find_declarations_file(given: Path | None = None) -> Path:
    """Return *given*, else the `prefect.yaml` of the working folder, else that of Diarchy's source.

    Raises `InvalidInput` where there is none.
    """
    candidates = [given] if given else [Path.cwd() / FILE_NAME, _SOURCE_FOLDER / FILE_NAME]
    for file in candidates:
        if file.is_file():
            return file.resolve()
    raise InvalidInput(
        f"no {FILE_NAME} was found: run this in the folder that holds Diarchy's {FILE_NAME}, or name "
        f"it with --file. An installed package does not carry it; take it from Diarchy's source"
    )


def read_declarations(file: Path) -> list[Declaration]:
    """Return the deployments that *file* declares. Raises `InvalidInput`."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        declarations = content["deployments"]
        names = [one["name"] for one in declarations]
        entrypoints = [one["entrypoint"] for one in declarations]
        pull = content.get("pull") or []
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        raise InvalidInput(
            f"{file}: must be a YAML file with a list `deployments`, each with name and entrypoint"
        ) from None
    if not entrypoints or len(set(names)) < len(names):
        raise InvalidInput(f"{file}: must declare deployments, each under a name of its own")
    return [{"pull": pull, **one} for one in declarations]


def is_as_declared(declared: Declaration, flow: Flow[..., Any], found: DeploymentResponse) -> bool:
    """Return whether the deployment *found* in Prefect is the *declared* one, of *flow* as it is now.

    What the declaration does not mention, such as whether a schedule is paused, is the operator's.
    """
    pool: dict[str, Any] = declared["work_pool"]
    limit: dict[str, Any] = declared.get("concurrency_limit") or {}
    found_limit = found.global_concurrency_limit
    pairs = [
        (declared["entrypoint"], found.entrypoint),
        (declared["description"], found.description),
        (sorted(declared.get("tags", [])), sorted(found.tags)),
        (pool["name"], found.work_pool_name),
        (pool["work_queue_name"], found.work_queue_name),
        (pool.get("job_variables", {}), found.job_variables),
        (declared.get("parameters", {}), found.parameters),
        (limit.get("limit"), found_limit.limit if found_limit else None),
        (limit.get("collision_strategy"), _collision_strategy(found)),
        (_as_json(parameter_schema(flow).model_dump(exclude_unset=True)), _schema(found)),
        (declared["pull"], found.pull_steps or []),
        (_declared_schedules(declared), _found_schedules(found)),
    ]
    return all(wanted == there for wanted, there in pairs)


def _collision_strategy(found: DeploymentResponse) -> str | None:
    options = found.concurrency_options
    return options.collision_strategy.value if options else None


def _schema(found: DeploymentResponse) -> Any:
    return _as_json(found.parameter_openapi_schema)


def _as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _declared_schedules(declared: Declaration) -> dict[str, Any]:
    return {
        one["slug"]: (one["cron"], one["timezone"], one.get("parameters", {}))
        for one in declared.get("schedules", [])
    }


def _found_schedules(found: DeploymentResponse) -> dict[str | None, Any]:
    return {
        one.slug: (one.schedule.cron, one.schedule.timezone, one.parameters)
        if isinstance(one.schedule, CronSchedule)
        else None
        for one in found.schedules
    }
