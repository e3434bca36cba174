"""The watch's report: one JSON document, and what is made of it: an HTML page, Prometheus' text."""

from pixguard.watch.document import report_of
from pixguard.watch.page import html_page
from pixguard.watch.prometheus import metrics_text

__all__ = ["html_page", "metrics_text", "report_of"]
