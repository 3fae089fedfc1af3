"""The auditor's work: the population of a period, a sample of it, its packet, and exceptions."""
