"""The tables of the first release, where stores of that age begin."""

revision = "1"
down_revision = None


def upgrade() -> None:
    """Do nothing: the first release made its tables itself."""
