"""The platform on one machine, without a cluster."""
