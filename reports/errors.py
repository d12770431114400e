"""What can go wrong with a report."""


class ReportError(Exception):
    """A report cannot be made; the message is one line that says why and what to do."""
