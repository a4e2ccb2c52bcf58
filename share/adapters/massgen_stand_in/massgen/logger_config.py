"""A log that goes to standard error."""

import logging

logging.basicConfig(format="%(levelname)s: %(message)s")


class _Log(logging.LoggerAdapter):
    def success(self, message, *args, **more):
        self.info(message, *args, **more)

    def trace(self, message, *args, **more):
        self.debug(message, *args, **more)

    def opt(self, **_):
        return self

    def bind(self, **_):
        return self


logger = _Log(logging.getLogger("massgen"), {})
