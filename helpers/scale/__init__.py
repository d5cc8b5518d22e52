"""Collections that no single machine holds (an optional extra)."""
