"""Memory stores that live at Claude Managed Agents: read, written and watched from here."""
