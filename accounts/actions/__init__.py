"""Every write to people and accounts. Nothing else touches these tables, and nothing here knows of leads."""
