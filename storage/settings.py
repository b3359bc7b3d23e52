"""What an installation decides: read from the environment, prefix `DIARCHY_`, once a process.

Everything that Diarchy keeps lives under `home` unless a URL says otherwise.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from domain.clearance import ConfidentialityLevel
from domain.model import UtcDatetime
from storage.index_location import IndexLocation, StorageOptions, checked_uri
from storage.secret_files import SecretFiles

_SQLITE = frozenset({"sqlite", "sqlite+aiosqlite"})
_POSTGRESQL = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_EMBEDDING_SERVICE = frozenset({"http", "https", "unix"})
_REDIS = frozenset({"redis", "rediss", "unix"})


class LogFormat(StrEnum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


class Settings(BaseSettings):
    """The settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix="DIARCHY_",
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        # A database URL holds a password.
        hide_input_in_errors=True,
    )

    home: Path = Field(default=Path(".diarchy"), description="Folder of everything that is kept.")
    database_url: str | None = Field(
        default=None,
        repr=False,
        description="SQLAlchemy URL of the truth, for example postgresql://host/diarchy; "
        "SQLite in the home when unset.",
    )
    redis_url: str | None = Field(
        default=None,
        repr=False,
        description="URL of the Redis server for events and the cache: redis://, rediss:// or "
        "unix://; a private server on a socket of the home when unset.",
    )
    redis_max_memory_mb: int = Field(
        default=512,
        ge=16,
        description="Megabytes that the home's private Redis server may fill; what has a time to "
        "live then goes early, events stay.",
    )
    lancedb_uri: str | None = Field(
        default=None,
        description="Where the vector index lies: a folder or s3://bucket/prefix, with a folder or "
        "prefix of its own for each level; a folder in the home when unset.",
    )
    lancedb_storage_options: str | None = Field(
        default=None,
        repr=False,
        description="How LanceDB reaches the object store: a JSON object of options, for `all` levels "
        "and by level; secrets as references to files or variables.",
    )
    dask_scheduler: str | None = Field(
        default=None,
        description="Dask scheduler that a bulk ingest spreads its embedding over: tls://host:port; "
        "a cluster of this machine when unset.",
    )
    embedding_model: str | None = Field(
        default=None,
        description="Folder or name of a sentence-transformers model; the packaged "
        "all-MiniLM-L6-v2 when unset.",
    )
    embedding_url: str | None = Field(
        default=None,
        description="Where an embedding service answers, so that this process need not load the "
        "model: http://, https:// or unix:// with a socket's path; none when unset.",
    )
    process_ceiling: ConfidentialityLevel = Field(
        default=ConfidentialityLevel.TOP_SECRET,
        description="No reader of this process sees anything above this level.",
    )
    ui_ceiling: ConfidentialityLevel = Field(
        default=ConfidentialityLevel.INTERNAL,
        description="The highest level whose content may stand in Prefect's own pages.",
    )
    model: str | None = Field(
        default=None,
        description="Language model that writes parts of analyses, as PROVIDER:NAME; "
        "rules alone when unset.",
    )
    model_ceiling: ConfidentialityLevel = Field(
        default=ConfidentialityLevel.PUBLIC,
        description="No text above this level is ever sent to the model.",
    )
    local_model: str | None = Field(
        default=None,
        description="Language model for what the first may not see, as PROVIDER:NAME.",
    )
    local_model_ceiling: ConfidentialityLevel = Field(
        default=ConfidentialityLevel.PUBLIC,
        description="No text above this level is ever sent to the local model.",
    )
    model_timeout_seconds: float = Field(
        default=120,
        gt=0,
        le=600,
        description="How long one part may take a model, its client's repeats included.",
    )
    model_max_output_tokens: int = Field(
        default=4_000, ge=100, description="The longest answer that a model is asked for."
    )
    model_max_characters: int = Field(
        default=200_000,
        ge=1_000,
        description="The longest question to a model; where more is known, rules write instead.",
    )
    sealing_key: str | None = Field(
        default=None,
        repr=False,
        description="Fernet key (or several, newest first, separated by commas) that seals what "
        "leaves the stores; a key file in the home when unset.",
    )
    clock: UtcDatetime | None = Field(
        default=None,
        description="Pins the clock of the process, for demonstrations and for repeating a run.",
    )
    exact_search_chunks: int = Field(
        default=250_000,
        ge=0,
        description="Up to this many windows are searched in memory, exactly; beyond, by LanceDB.",
    )
    cache_ttl_seconds: int = Field(
        default=300,
        ge=1,
        description="Seconds for which a cached search or summary is kept at most; a change of what "
        "it was made from ends it at once.",
    )
    cache_entries: int = Field(
        default=2_000,
        ge=0,
        description="Answers that are cached at most for each clearance, in each process and, of "
        "each kind, in Redis; 0 switches the cache off.",
    )
    cache_megabytes: int = Field(
        default=16,
        ge=1,
        description="Megabytes of cached answers that a process holds at most for each clearance.",
    )
    session_retention_days: int | None = Field(
        default=None,
        ge=1,
        description="Days after its last message when a session is erased with everything that it "
        "made; kept for ever when unset.",
    )
    working_memory_ttl_seconds: int = Field(
        default=8 * 60 * 60,
        ge=1,
        description="Seconds for which Redis keeps what is in play in a session after its last "
        "turn; later it is made anew from the stored messages.",
    )
    work_pool_slots: int = Field(
        default=4,
        ge=2,
        description="How many runs each work pool works on at once, over all its workers; what "
        "`diarchy deploy` sets.",
    )
    tracing: bool | None = Field(
        default=None,
        description="Whether traces are sent over OTLP; when unset, they are where "
        "OTEL_EXPORTER_OTLP_ENDPOINT says where to.",
    )
    log_format: LogFormat = Field(
        default=LogFormat.TEXT,
        description="Log lines as text, or as one JSON object each: json.",
    )
    result_retention_days: int = Field(
        default=7, ge=0, description="Days for which sealed results of flow runs are kept."
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, url: str | None) -> str | None:
        if url is not None:
            scheme, separator, _ = url.partition("://")
            if not separator or scheme not in _REDIS:
                raise ValueError("must be a redis://, rediss:// or unix:// URL")
        return url

    @field_validator("embedding_url")
    @classmethod
    def _known_embedding_service(cls, url: str | None) -> str | None:
        if url is not None:
            scheme, _, place = url.partition("://")
            if not place or scheme not in _EMBEDDING_SERVICE:
                raise ValueError("must be an http://, https:// or unix:// URL")
        return url

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str | None) -> str | None:
        if url is not None:
            scheme, separator, _ = url.partition("://")
            if not separator or scheme not in _SQLITE | _POSTGRESQL:
                raise ValueError("must be a postgresql:// or sqlite:// URL")
        return url

    @field_validator("lancedb_uri")
    @classmethod
    def _known_index(cls, uri: str | None) -> str | None:
        return None if uri is None else checked_uri(uri)

    @field_validator("lancedb_storage_options")
    @classmethod
    def _known_options(cls, text: str | None) -> str | None:
        StorageOptions(text)
        return text

    @field_validator("dask_scheduler")
    @classmethod
    def _secure_scheduler(cls, address: str | None) -> str | None:
        # Whoever reaches a scheduler that asks for no certificate runs code on its workers.
        if address is not None and not address.startswith("tls://"):
            raise ValueError("must be a tls://host:port address")
        return address

    @model_validator(mode="after")
    def _reads_what_it_can_open(self) -> Settings:
        opened = self.index_levels
        missing = [
            level
            for level in ConfidentialityLevel
            if level.rank <= self.process_ceiling.rank and level not in opened
        ]
        if missing:
            raise ValueError(
                f"lancedb_storage_options hold nothing for the level {missing[0].value}, which the "
                f"process ceiling {self.process_ceiling.value} lets readers see: name it there, or "
                "set DIARCHY_PROCESS_CEILING below it"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments first, then the environment, then the files that it names."""
        del dotenv_settings, file_secret_settings
        return (init_settings, env_settings, SecretFiles(settings_cls))

    @property
    def uses_sqlite(self) -> bool:
        """Whether the truth is a SQLite file."""
        return self.database_url is None or self.database_url.partition("://")[0] in _SQLITE

    @property
    def lancedb_location(self) -> str:
        """The URI under which each level's index lies."""
        return self.lancedb_uri or str(self.home / "lancedb")

    @property
    def index_levels(self) -> tuple[ConfidentialityLevel, ...]:
        """The levels whose index this process can open, least secret first."""
        return StorageOptions(self.lancedb_storage_options).levels

    def index_location(self, level: ConfidentialityLevel) -> IndexLocation:
        """Return where the index of *level* lies; raises `InvalidInput` for a reference to nothing."""
        return StorageOptions(self.lancedb_storage_options).location(level, self.lancedb_location)

    def tell_time(self) -> datetime:
        """Return the moment that the process takes for now: the pinned one, else the machine's."""
        return self.clock or datetime.now(UTC)
