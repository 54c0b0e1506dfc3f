"""The one error that a person is meant to read."""


class UserError(Exception):
    """Something that the user gave cannot be used; the message is one sentence that says what to do.

    It is no ``ValueError``: code that expects one from a parser or a library must not swallow a sentence for the user.
    Pages show the message as it stands and the command line prints it to stderr with exit code 2, so it must name what
    is wrong and the way out, without a traceback and without private paths of uploads.
    """
