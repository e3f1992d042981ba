"""Moving pictures drawn by code, for when no paid provider is asked.

Everything here follows from the request alone: the same request gives the same frames.
"""
