"""The dashboards, one file each, as builders of Grafana's foundation SDK; generate.py writes
what they build as JSON."""
