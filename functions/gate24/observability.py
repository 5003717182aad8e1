"""Logs and metrics of an invocation. No phone number, name, text or secret goes in.

Every line of a request has its ``correlation_id`` (the API's ``request_id``) and, once they are known, its
``organization`` and ``channel``. Counts are printed once an invocation, in CloudWatch's embedded metric format.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service=os.environ.get("POWERTOOLS_SERVICE_NAME", "gate24"))
metrics = Metrics(namespace="gate24", service="gate24")
metrics.set_default_dimensions(stage=os.environ.get("STAGE", "local"))
_lock = threading.Lock()

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def observed(handler: Handler) -> Handler:
    """A Lambda handler whose log lines start afresh with each invocation, and whose counts are printed at its end."""

    @logger.inject_lambda_context(clear_state=True)
    @wraps(handler)
    def with_counts(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        try:
            return handler(event, context)
        finally:
            _print_counts()

    return with_counts


def about(request_id: str | None = None, **known: str) -> None:
    """What all further log lines of this invocation tell: ``organization``, ``channel``."""
    if request_id:
        logger.set_correlation_id(request_id)
    if known:
        logger.append_keys(**known)


def about_another() -> None:
    """From now on the lines tell of another organization and channel, not known yet (a batch's next record)."""
    logger.remove_keys(["organization", "channel"])


def about_record(**known: str) -> None:
    """What further log lines of this thread tell, instead of what they told before: a batch's records are stored side
    by side, each in a thread of its own."""
    logger.thread_safe_clear_keys()
    logger.thread_safe_append_keys(**known)


def count(name: str, outcome: str | None = None, value: int = 1) -> None:
    """Counts an occurrence as ``name`` or ``name.outcome``. Every distinct name is billed by CloudWatch: few only,
    never a contact, a campaign or a template."""
    with _lock:
        metrics.add_metric(f"{name}.{outcome}" if outcome else name, MetricUnit.Count, value)


def count_share(name: str, is_so: bool) -> None:
    """Counts one case, of which the metric's average is the share that is so: 1 where it is, 0 where it is not."""
    count(name, value=int(is_so))


def measure(name: str, milliseconds: float) -> None:
    """Adds a duration to the metric ``name``."""
    with _lock:
        metrics.add_metric(name, MetricUnit.Milliseconds, round(milliseconds, 1))


def _print_counts() -> None:
    with _lock:
        if metrics.metric_set:
            print(json.dumps(metrics.serialize_metric_set()))
        metrics.clear_metrics()
