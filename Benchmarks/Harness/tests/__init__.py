"""Tests of the harness: `python3 -m unittest discover -s Benchmarks/Harness/tests -t Benchmarks`."""
