"""LanceDB without its REST client until somebody wants that."""

import subprocess
import sys

IMPORTS = """
import sys
from storage.lancedb_import import import_lancedb
import_lancedb()
print("lance_namespace_urllib3_client.api.table_api" in sys.modules)
import lancedb, lance_namespace
print(lancedb.connect_async.__name__, lance_namespace.ListTablesResponse(tables=["a"]).tables)
import lance_namespace_urllib3_client
print(lance_namespace_urllib3_client.TableApi.__name__, lance_namespace_urllib3_client.__version__ > "0")
"""


def test_the_rest_client_is_read_when_it_is_asked_for_and_not_before():
    answer = subprocess.run(
        [sys.executable, "-c", IMPORTS], capture_output=True, text=True, timeout=120, check=True
    )
    assert answer.stdout.splitlines() == ["False", "connect_async ['a']", "TableApi True"]
