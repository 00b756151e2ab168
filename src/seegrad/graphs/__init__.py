"""Autograd's graph as plain data, and its drawings."""

from seegrad.graphs.model import Edge, Node, Summary

__all__ = ["Edge", "Node", "Summary"]
