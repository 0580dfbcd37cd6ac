"""Batches: a table of requests, submitted within an account's limits, results in a folder.

Needs the packages of the extra `batch`; nothing outside of this package imports it at its start.
"""
