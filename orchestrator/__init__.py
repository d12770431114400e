"""The command line, planning, execution and the store."""
