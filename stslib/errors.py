"""The one exception that the package raises for problems a user can mend."""


class StsError(Exception):
    """Bad input or a missing piece; the text says what is wrong, where, and what to do."""
