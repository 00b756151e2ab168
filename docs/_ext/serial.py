"""Sphinx reads and writes in one process; only the gallery's scripts run in several.

With ``-j``, Sphinx loses what a worker raises: ``ParallelTasks.add_task`` catches it,
drops the work that waits, and the build ends with exit status 0 and without some of its
pages, or waits for good (Sphinx 9.0; its pull request 8957 mended the other half).
"""


def alone(app):
    app.parallel = 1


def setup(app):
    app.connect("builder-inited", alone, priority=999)  # after the gallery
    return {"parallel_read_safe": True, "parallel_write_safe": True}
