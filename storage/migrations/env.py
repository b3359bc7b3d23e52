"""Alembic's entry: migrates the connection that it is handed."""

from typing import Any

from alembic import context

from storage.tables import KnowledgeRow

connection: Any = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=KnowledgeRow.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
