"""Logs and metrics: one logger, one place that counts. No phone number, name, text or secret goes in."""

from __future__ import annotations

import os

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE = "gate24"

logger = Logger(service=os.environ.get("POWERTOOLS_SERVICE_NAME", "gate24"))


def count(name: str, value: int = 1, **dimensions: str) -> None:
    """Counts an occurrence. Every distinct set of dimensions is billed by CloudWatch: few and low-cardinality
    only, never a contact, a campaign or a template."""
    with single_metric(name, MetricUnit.Count, value, namespace=NAMESPACE) as metric:
        metric.add_dimension("stage", os.environ.get("STAGE", "local"))
        for dimension, said in dimensions.items():
            metric.add_dimension(dimension, said)
