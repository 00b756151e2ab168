"""Figures that a reader moves: every number computed, none between two stops."""
