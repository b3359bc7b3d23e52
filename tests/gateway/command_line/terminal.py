"""The command as a user runs it: a process of its own, its streams and its exit code."""

import os
import subprocess
import sys
from pathlib import Path

WATCHED = """
import sys
from gateway.command_line import main
sys.argv = ["diarchy", *{arguments!r}]
try:
    main()
except SystemExit as leaving:
    assert not leaving.code
print([name for name in {modules!r} if name in sys.modules])
"""


def diarchy(
    *arguments: str, home: Path, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command and return its exit code and what it wrote."""
    answer = subprocess.run(
        [sys.executable, "-m", "gateway.command_line", *arguments],
        env={**os.environ, "DIARCHY_HOME": str(home), **environment},
        input=stdin,
        capture_output=True,
        timeout=300,
        check=False,
    )
    return subprocess.CompletedProcess(
        answer.args, answer.returncode, answer.stdout.decode(), answer.stderr.decode()
    )


def output_and_imports(
    arguments: list[str], *, home: Path, modules: tuple[str, ...]
) -> tuple[str, str]:
    """Run the command and return what it wrote, and which of *modules* its process imported."""
    answer = subprocess.run(
        [sys.executable, "-c", WATCHED.format(arguments=arguments, modules=modules)],
        env={**os.environ, "DIARCHY_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    output, _, imported = answer.stdout.rstrip().rpartition("\n")
    return output, imported
