from pathlib import Path

import pytest

from tests.gateway.command_line.company import fill


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the company in it, which no test changes."""
    home = tmp_path_factory.mktemp("home")
    fill(home)
    return home
