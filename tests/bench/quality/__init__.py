"""How good what a dream says is, on real sessions: see docs/dream-quality.md."""
