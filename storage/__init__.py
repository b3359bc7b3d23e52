"""Everything that remembers. Knows no Prefect; the only room that talks to SQL, LanceDB and Redis."""

import os

# After a product of matrices OpenBLAS keeps its threads spinning for tens of milliseconds, on cores
# that the rest of a search needs. It reads this when NumPy is first imported.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
