"""What figures that move say, in another language.

Code made these figures, and it runs once for all languages: their sentences come in
English, with the numbers in them. Each is one of the patterns here, whose fields are
kept, and whose translation has the same fields, in an order of its own. A sentence that
is none of them is a warning, and so a failure of the build.
"""

import json
import re
from functools import cache
from html import escape, unescape

CATALOG = "figures"
EXPLORED = """\
A curve and its Taylor polynomial; below, a bar where it holds
A curve and its tangent
A curve, and the polynomial that gradient descent has found for it
A curve, its tangent at one point, and a line through a second point
A surface from above, stronger where higher, and the gradient at a point
A surface from above, stronger where higher, and the path of a descent
An autograd graph, with the gradient on each edge
Points on a curve, each with the gradient that reaches it
The error of a difference, over its step, in float64 and, dashed, in float32
At ({x}, {y}) the height is {z}. The gradient ({g}, {h}) points uphill, and is {length} long.
At ({x}, {y}) the height is {z}. The gradient is ({g}, {h}): flat ground.
At x = {x} the curve is {y} high and falls: its slope is {slope}.
At x = {x} the curve is {y} high and rises: its slope is {slope}.
At x = {x} the curve is {y} high and lies flat: its slope is {slope}.
At x = {x} the result is {y}. The gradient starts there as {one} and {slope} arrives at x.
At x = {x} the slope is {slope}. After {how} its gradient is {gradient}: the slope itself.
At x = {x} the slope is {slope}. After {how} its gradient is {gradient}.
The points lie {h} apart. The line through both has the slope {slope}, which is {more} more than the {exact} that PyTorch answers.
The points lie {h} apart. The line through both has the slope {slope}, which is {less} less than the {exact} that PyTorch answers.
The polynomial of order {order} stays within {error} of the curve at x = {x} alone.
The polynomial of order {order} stays within {error} of the curve from x = {low} to {high}.
With a rate of {rate}, {steps} steps bring the squared error from {before} down to {after}, less than with any other rate here.
With a rate of {rate}, {steps} steps bring the squared error from {before} down to {after}.
With a rate of {rate}, {steps} steps bring the squared error from {before} up to {after}: this rate is too large.
With a rate of {rate}, {steps} steps lead from the height {before} down to {after}, at {place}.
With a rate of {rate}, {steps} steps lead from the height {before} up to {after}: this rate is too large.
With h = {h} the difference is off by {error} in float64, less than with any other h here, and by {other} in float32.
With h = {h} the difference is off by {error} in float64, and by {other} in float32.
{count} backward passes, each computed by PyTorch {version}; your browser only looks them up.
{count} descents, each computed by PyTorch {version}; your browser only looks them up.
{count} fits, each computed by PyTorch {version}; your browser only looks them up.
{count} gradients, each computed by PyTorch {version}; your browser only looks them up.
{count} pairs of errors, each computed by PyTorch {version}; your browser only looks them up.
{count} polynomials, with coefficients, each computed by PyTorch {version}; your browser only looks them up.
{count} slopes, each computed by PyTorch {version}; your browser only looks them up.
{label}: back
{label}: on
Distance of the second point, h
Input, x
Learning rate
Order of the polynomial
Place of the point, x
Point of contact, x
Reduction:
Step of the difference, h
Some of the numbers
x0, across
x1, up
error
from
to
gradient
height
height at the end
off by
order
rate
reduction
result
slope
slope of the secant
squared error
curve
falls
gradient that arrives
higher ground
its end
line through both points
others
path
point that moves
polynomial
rises
tangent
tangent at the point
where it holds"""
STEPPED = """\
{node} gets {numbers}.
{node} = {value}, gradient {numbers}: {rule}.
{node}, gradient {numbers}: {rule}.
{node} = {value}, gradient {numbers}.
{node}, gradient {numbers}.
{node} = {value}: {rule}.
{node}: {rule}."""
POINTED = """\
{node}, gradient {numbers}
{node}: {rule}"""
RULES = """\
adds up what arrives
copies the gradient to every element
copies the gradient to every term
copies the gradient, with the sign turned for what is subtracted
stacks the pieces' gradients
to the branch that was taken, 0 to the other
to the largest that was found
to the largest, ties share
transposes back
turns the sign
÷ {number}, to every element
× the other matrix, transposed; the added term gets a copy
× the other matrix, transposed
× {factor}
÷ {factor}"""
FACTORS = """\
the other factor
cos of the input
−sin of the input
twice the result
the divisor"""
OTHERS = """\
Autograd graph
The gradient was not asked for."""
IN_SCRIPT = """\
The whole graph. Step through it with the arrows.
${k + 1} of ${steps.length}. ${text}
Previous step
Next step
Step of the backward pass
Backward pass"""
ALL = [EXPLORED, STEPPED, POINTED, RULES, FACTORS, OTHERS, IN_SCRIPT]
FIGURE = re.compile(r'data-explore=|class="seegrad-(?:steps|graph|pair)\b')
DATA = re.compile(r"(data-explore=')([^']*)(')|(data-steps=\")([^\"]*)(\")")
PIECE = re.compile(r"(<style\b.*?</style>|<script\b.*?</script>|<[^>]*>)", re.DOTALL)
NAMED = re.compile(r'(?<=\s)((?:aria-label|aria-valuetext)=")([^"]+)(?=")')
SENTENCE = re.compile(r"(?<=\.)\s+(?=\S)")
WORDS = re.compile(r"[a-z]{2,}", re.IGNORECASE)
NAME = re.compile(r"\b(?:float(?:32|64)|sum|mean|amax|max\(dim=\d\)|\w+Backward\d)")
FIELD = re.compile(r"\{(\w+)\}")


def messages():
    """All patterns, for the catalog."""
    return list(dict.fromkeys(line for part in ALL for line in part.splitlines()))


@cache
def expressions(patterns):
    """Each pattern as a regular expression, in order."""
    found = []
    for pattern in patterns.splitlines():
        parts = FIELD.split(pattern)
        parts[::2] = map(re.escape, parts[::2])
        parts[1::2] = (f"(?P<{name}>.+?)" for name in parts[1::2])
        found.append((pattern, re.compile("".join(parts), re.DOTALL)))
    return found


class Speaker:
    """Says what a figure says in another language."""

    def __init__(self, translate, unknown):
        self.translate = translate  # from a pattern to its translation
        self.unknown = unknown  # told of what is no pattern

    def figure(self, html):
        """A figure's HTML, in the other language."""
        html = DATA.sub(self.data, html)
        parts = PIECE.split(html)
        for k, part in enumerate(parts):
            if part.startswith("<script") and "seegrad-steps" in part:
                parts[k] = self.script(part)
            elif k % 2:
                parts[k] = NAMED.sub(
                    lambda m: m[1] + escape(self.say(unescape(m[2]))), part
                )
            elif WORDS.search(part):
                before = parts[k - 1] if k else ""
                parts[k] = self.text(part, before)
        return "".join(parts)

    def text(self, part, tag):
        """The words between two tags."""
        words = re.sub(r"[ \n]+", " ", unescape(part)).strip()
        if tag.startswith("<desc") and "seegrad" not in tag:
            said = self.say(words, EXPLORED, quiet=True) or self.steps(words)
        elif tag == "<title>":
            said = self.say(words, POINTED, quiet=True) or words
        elif tag.startswith("<text"):
            return part  # of the picture
        else:
            said = self.say(words)
        return escape(said, quote=False)

    def data(self, found):
        """What a script looks up: sentences with numbers, or with places for them."""
        start, text, end = (part for part in found.groups() if part is not None)
        data = json.loads(unescape(text))
        if "data-steps" in start:
            for step in data:
                step["text"] = self.steps(step["text"])
            return start + escape(json.dumps(data, ensure_ascii=False)) + end
        column = data["columns"][data["words"]]
        column["texts"] = [self.say(words) for words in column["texts"]]
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return start + escape(text, quote=False).replace("'", "&#39;") + end

    def script(self, script):
        """The script that steps through a graph, with its own words."""
        for words in IN_SCRIPT.splitlines():
            if words not in script:
                self.unknown(words)
            script = script.replace(words, self.translate(words))
        return script

    def steps(self, text):
        """Some steps of a graph, sentence by sentence."""
        found = (
            self.say(words, STEPPED + "\n" + OTHERS) for words in SENTENCE.split(text)
        )
        return "".join(
            said if said.endswith("。") else f"{said} " for said in found
        ).strip()

    def say(self, words, patterns=f"{OTHERS}\n{EXPLORED}", quiet=False):
        """The translation of words that are one of the patterns."""
        for pattern, expression in expressions(patterns):
            if found := expression.fullmatch(words):
                return self.filled(self.translate(pattern), found.groupdict())
        if quiet:
            return ""
        if WORDS.search(NAME.sub("", words)):
            self.unknown(words)
        return words

    def filled(self, translation, fields):
        """A translated pattern with its fields."""
        said = {name: self.field(name, value) for name, value in fields.items()}
        return FIELD.sub(lambda found: said[found[1]], translation)

    def field(self, name, value):
        """A field; in some there are words again."""
        if name == "label":
            return self.say(value)
        if name == "rule":
            return self.say(value, RULES)
        if name in ("numbers", "factor"):
            for words in FACTORS.splitlines():
                value = value.replace(words, self.translate(words))
        return value
