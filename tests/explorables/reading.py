"""Read a figure as its script does, from nothing but its HTML."""

import json
import re
from html.parser import HTMLParser


class Read(HTMLParser):
    """The tags of a figure, each with its attributes, and the texts in them."""

    def __init__(self, explorable):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(explorable.figure)
        figure = next(attributes for tag, attributes in self.tags if tag == "figure")
        self.data = json.loads(figure["data-explore"])
        self.columns = [unpacked(column) for column in self.data["columns"]]

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)

    def part(self, name):
        """A moving part's attributes in the markup."""
        (found,) = [a for _, a in self.tags if a.get("class") == name]
        return found

    def moved(self, name, stop):
        """A moving part's attributes as the script sets them at a stop."""
        parts = self.data["parts"][name].items()
        return {attribute: self.columns[column][stop] for attribute, column in parts}

    def sentence(self, stop):
        template = self.columns[self.data["words"]][stop]
        return re.sub(r"\{(\d+)\}", lambda m: self.prose(int(m[1]), stop), template)

    def prose(self, column, stop):
        text = self.columns[column][stop]
        digits = "digits" in self.data["columns"][column]
        return text.replace("-", "−") if digits else text

    def at(self, name, stop):
        """Where a part lies at a stop, in numbers."""
        numbers = self.moved(name, stop)
        return {k: float(v) for k, v in numbers.items() if k not in ("display", "text")}


def unpacked(column):
    """The text of each stop."""
    whole, total = [], 0
    for step in column["steps"]:
        total += step
        whole.append(total)
    if "texts" in column:
        return [column["texts"][place] for place in whole]
    return [
        f"{number / 10 ** column['digits']:.{column['digits']}f}" for number in whole
    ]


def prose(value, digits):
    """A number as a sentence has it."""
    text = f"{value:.{digits}f}"
    text = text.removeprefix("-") if float(text) == 0 else text
    return text.replace("-", "−")
