"""The one error that a person is meant to read."""


class UserError(ValueError):
    """Something that the user gave cannot be used; the message is one sentence that says what to do.

    Pages show the message as it stands and the command line prints it to stderr with exit code 2, so it must name what
    is wrong and the way out, without a traceback and without private paths of uploads.
    """
