"""How records are printed: tables for people, JSON for programs."""
