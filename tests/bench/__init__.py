"""Benchmarks: this program beside its peers, in one run."""
