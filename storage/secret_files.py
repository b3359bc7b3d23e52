"""Secrets by reference: a setting whose value lies in a file, as container platforms mount them.

Every setting that is never shown may be given in three ways, and only in one of them: by its variable,
by `DIARCHY_<NAME>_FILE` that names a file, or as the file `diarchy_<name>` in the folder that
`DIARCHY_SECRETS_DIR` names. A reference that leads nowhere is an error that names the variable:
going on with the default would, for a database, be going on with an empty one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from domain.errors import InvalidInput

SECRETS_DIR = "DIARCHY_SECRETS_DIR"
_PREFIX = "DIARCHY_"


class SecretFiles(PydanticBaseSettingsSource):
    """Reads the settings that are given by reference; raises `InvalidInput`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the value of a field when a file gives it."""
        del field
        variable = f"{_PREFIX}{field_name.upper()}"
        named = os.environ.get(f"{variable}_FILE")
        if named:
            if os.environ.get(variable):
                raise InvalidInput(f"set either {variable} or {variable}_FILE, not both")
            return read_secret(Path(named), f"{variable}_FILE"), field_name, False
        folder = os.environ.get(SECRETS_DIR)
        if folder and not os.environ.get(variable):
            file = Path(folder) / variable.lower()
            if file.exists():
                return read_secret(file, f"{SECRETS_DIR} ({variable.lower()})"), field_name, False
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return every setting that a file gives, by name."""
        folder = os.environ.get(SECRETS_DIR)
        if folder and not Path(folder).is_dir():
            raise InvalidInput(f"{SECRETS_DIR} must name a folder of files, one a secret")
        found: dict[str, Any] = {}
        for name in secret_settings(self.settings_cls):
            value, _, _ = self.get_field_value(self.settings_cls.model_fields[name], name)
            if value is not None:
                found[name] = value
        return found


def secret_settings(settings: type[BaseSettings]) -> tuple[str, ...]:
    """Return the names of the settings that are secret: those that are never shown."""
    return tuple(name for name, field in settings.model_fields.items() if field.repr is False)


def read_secret(file: Path, given_by: str) -> str:
    """Return what *file* holds, the line's end left out; raise `InvalidInput` naming *given_by*.

    The file's own name is not repeated: whoever takes `_FILE` for the secret itself has put it there.
    """
    try:
        value = file.read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise InvalidInput(f"{given_by}: the file must be UTF-8 text") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput(f"{given_by}: the file cannot be read: {reason}") from None
    except ValueError:
        raise InvalidInput(f"{given_by}: names no file") from None
    if not value:
        raise InvalidInput(f"{given_by}: the file is empty")
    return value
