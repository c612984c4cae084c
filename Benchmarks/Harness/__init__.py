"""The harness behind tools/bench: runs contestants side by side and writes what came of it."""
