"""Speed against the budgets: `make bench`, `make bench-<part>`; a part is a module beside this."""
