"""What functions that are tools import of MassGen, where it is not installed.

Only results, their contents and the mark for parameters that the caller
supplies are here: enough to define and to call a function, and no more.
"""
