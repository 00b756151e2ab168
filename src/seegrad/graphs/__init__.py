"""Autograd's graph as plain data, and its drawings."""
