"""Dreams with Claude through the Messages API: each session is read once, then one writing."""
