"""Everything that remembers. Knows no Prefect; the only room that talks to SQL, LanceDB and Redis."""
