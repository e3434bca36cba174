"""A job as an application of the Spark operator: what to create, what its states mean, and how to wait for its end."""

from pixguard.spark_application.api import Applications, connect
from pixguard.spark_application.errors import SparkApplicationError
from pixguard.spark_application.manifest import Request, application
from pixguard.spark_application.running import Patience, run

__all__ = ["Applications", "Patience", "Request", "SparkApplicationError", "application", "connect", "run"]
