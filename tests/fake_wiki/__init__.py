"""A wiki of objects behind a real HTTP server, for Pywikibot as it is and for a clock of our own.

``World`` is the door: it owns the wiki's state, the clock, the faults, the people and the log. What the fake
answers is held against a real MediaWiki by ``tests/test_contract.py``.
"""
