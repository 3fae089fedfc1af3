"""Hosted dreams: the vendor dreams over its own store, Daybreak reads what changed and why."""
