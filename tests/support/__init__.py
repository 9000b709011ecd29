"""What several suites build on: repositories to test with, and backends that fail on purpose."""
