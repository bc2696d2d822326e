"""A real MediaWiki on loopback, seeded with known duplicates, for the demo and the integration tests."""
