"""Figures of the executed chapters are SVG."""

c = get_config()  # noqa: F821
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.print_figure_kwargs = {
    "bbox_inches": "tight",
    "metadata": {"Date": None},  # alike from build to build
}
c.HistoryManager.enabled = False
