"""The monitor's Prometheus metrics: aggregates in a registry, per-campaign series as text, and
the event loop's own lag."""

from monitor.metrics.registry import LOOPS, Metrics, measure_loop_lag
from monitor.metrics.series import MOST_CAMPAIGNS, CampaignSeries

__all__ = ["LOOPS", "MOST_CAMPAIGNS", "CampaignSeries", "Metrics", "measure_loop_lag"]
