"""The steps from each schema to the next, as Alembic runs them; new stores are made whole instead."""
