"""A made-up insurer with three agents: what `manage.py demo` shows. Every word is invented."""
