"""A log that goes to standard error, from warnings on."""

import logging

_log = logging.getLogger("massgen")
_log.propagate = False
_log.addHandler(logging.StreamHandler())
_log.handlers[0].setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
_log.setLevel(logging.WARNING)


class _Logger(logging.LoggerAdapter):
    def success(self, message, *args, **more):
        self.info(message, *args, **more)

    def trace(self, message, *args, **more):
        self.debug(message, *args, **more)

    def opt(self, **_):
        return self

    def bind(self, **_):
        return self


logger = _Logger(_log, {})
