"""Pages of people, tokens, the workspace and what agents did and know."""
