"""Alembic's entry: migrates the connection that it is handed."""

from typing import Any

from alembic import context
from sqlmodel import SQLModel

from storage import session_tables, tables

_DECLARED = (tables, session_tables)
"""Every module that declares tables: read, they are in the metadata."""

connection: Any = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
