"""Marks parameters that the caller supplies, and the model never sees."""


def context_params(*names):
    def mark(function):
        function.__context_params__ = frozenset(names)
        return function

    return mark
