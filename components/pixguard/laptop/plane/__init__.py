"""The cluster that fits on a laptop: Git → rendered overlay → servers, one process a replica, behind Envoy."""
