"""Find visual duplicates on Wikimedia Commons with perceptual hashes."""

__version__ = "0.1.0"
