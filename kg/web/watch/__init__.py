"""How a server is watched: its journal, its metrics, its log, its probes."""
