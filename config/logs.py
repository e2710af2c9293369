"""How the log is written: one event a line to standard error, as keys and values, or as JSON in production.

An exception is always logged with its traceback: inside the JSON object, or below the line.
"""

from __future__ import annotations

import os
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

PRODUCTION = os.environ.get("COUNTERSIGN_ENV", "development") == "production"

# What every event gets, whether it came through structlog or through the standard library.
pre_chain: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]

_json = structlog.processors.JSONRenderer(sort_keys=False)
# Values are written as Python would, so that a line break in one can't forge a line of its own.
_key_values = structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "logger", "event"], drop_missing=True)


def renderer(logger: WrappedLogger, name: str, event: EventDict) -> str | bytes:
    """Turn one event into its line."""
    event = structlog.processors.format_exc_info(logger, name, event)
    if PRODUCTION:
        return _json(logger, name, event)
    below: list[Any] = [event.pop(key) for key in ("stack", "exception") if event.get(key)]
    return "\n".join([str(_key_values(logger, name, event)), *map(str, below)])


structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *pre_chain,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
