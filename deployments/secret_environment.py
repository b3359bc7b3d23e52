"""The images' entry point: Prefect's secrets by reference, then the command.

Diarchy reads files by itself (`DIARCHY_<NAME>_FILE`); Prefect knows variables only. So for each
`PREFECT_<NAME>_FILE` the variable `PREFECT_<NAME>` is set to what the file holds, in the process that
takes this one's place and nowhere else.

    python -m deployments.secret_environment COMMAND [ARGUMENT...]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from domain.errors import InvalidInput
from storage.secret_files import read_secret

_SUFFIX = "_FILE"


def with_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return *environment* with Prefect's references replaced by what they lead to.

    Raises `InvalidInput`, naming the variable, for one that leads nowhere or is given twice.
    """
    found = dict(environment)
    for variable, file in environment.items():
        if variable.startswith("PREFECT_") and variable.endswith(_SUFFIX) and file:
            name = variable.removesuffix(_SUFFIX)
            if environment.get(name):
                raise InvalidInput(f"set either {name} or {variable}, not both")
            found[name] = read_secret(Path(file), variable)
            del found[variable]
    return found


def main(command: list[str]) -> None:
    """Become *command*."""
    if not command:
        sys.exit("usage: python -m deployments.secret_environment COMMAND [ARGUMENT...]")
    try:
        environment = with_secrets(os.environ)
    except InvalidInput as error:
        sys.exit(str(error))
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - the command that the operator gave
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
