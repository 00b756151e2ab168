"""Figures that a reader moves, by mouse, by finger and by keys, on every page."""

import gzip
import html
import itertools
import json
import re
import statistics

import pytest
from conftest import AXE, HTML, RUN_AXE, SHIFTS, TOO_WIDE, WATCH
from playwright.sync_api import expect

TANGENT = "gallery/tangents/plot_tangent_line.html"
FIGURE = re.compile(
    r'<figure class="seegrad-explore".*?</figure>\n<script>.*?</script>', re.DOTALL
)
VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
"""


def figures():
    """Every figure of the site, by its page and its name."""
    found = {}
    for page in sorted(HTML.rglob("*.html")):
        for figure in FIGURE.findall(page.read_text(encoding="utf-8")):
            data = json.loads(
                html.unescape(re.search(r"data-explore='(.*?)'", figure)[1])
            )
            found[f"{page.relative_to(HTML)} {data['key']}"] = (figure, data)
    return found


FIGURES = figures()
DRAGGED = [name for name in FIGURES if FIGURES[name][1]["drag"]]


def unpacked(column):
    whole, total = [], 0
    for step in column["steps"]:
        total += step
        whole.append(total)
    if "texts" in column:
        return [column["texts"][place] for place in whole]
    digits = column["digits"]
    return [f"{number / 10**digits:.{digits}f}" for number in whole]


def at_stop(data, columns, k):
    """The sentence and the attributes of the moving parts, as Python reads them."""

    def prose(place):
        text = columns[place][k]
        return text.replace("-", "−") if "digits" in data["columns"][place] else text

    template = columns[data["words"]][k]
    sentence = re.sub(r"\{(\d+)\}", lambda m: prose(int(m[1])), template)
    parts = {
        part: {
            name: prose(place) if name == "text" else columns[place][k]
            for name, place in attributes.items()
        }
        for part, attributes in data["parts"].items()
    }
    return sentence, parts


ALL_STOPS = """(figure) => {
  const controls = [...figure.querySelectorAll("input, select")];
  const sizes = controls.map((c) => (c.options ? c.options.length : Number(c.max) + 1));
  const names = JSON.parse(figure.dataset.names);
  const seen = [];
  const total = sizes.reduce((a, b) => a * b, 1);
  for (let k = 0; k < total; k++) {
    let rest = k;
    for (let axis = controls.length - 1; axis >= 0; axis--) {
      const place = rest % sizes[axis];
      rest = (rest - place) / sizes[axis];
      const control = controls[axis];
      control.value = place;
    }
    controls[0].dispatchEvent(new Event("input", { bubbles: true }));
    const parts = {};
    for (const [part, attributes] of Object.entries(names)) {
      const drawn = figure.querySelector(`svg .${part}`);
      parts[part] = Object.fromEntries(attributes.map((name) =>
        [name, name === "text" ? drawn.textContent : drawn.getAttribute(name)]));
    }
    const said = figure.querySelector(".seegrad-words").textContent;
    const slider = figure.querySelector("input");
    seen.push([said, slider.getAttribute("aria-valuetext"),
      figure.querySelector("desc").textContent, parts]);
  }
  return seen;
}"""


@pytest.fixture
def page(base, browser):
    context = browser.new_context(viewport={"width": 900, "height": 800})
    context.add_init_script(VIOLATIONS)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(base + TANGENT)
    yield page
    context.close()


@pytest.fixture
def phone(base, browser):
    size = {"width": 390, "height": 700}
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(base + TANGENT)
    yield page
    context.close()


def words(page):
    return page.locator(".seegrad-words").first.inner_text()


def middle(page, part=".point"):
    point = page.locator(f".seegrad-explore {part}").first
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


class Shown:
    """A figure in a browser, beside what Python computed for it."""

    def __init__(self, page, base, name):
        path = name.rpartition(" ")[0]
        same = [key for key in FIGURES if key.startswith(f"{path} ")]
        page.goto(base + path)
        self.page = page
        self.figure = page.locator(".seegrad-explore").nth(same.index(name))
        self.figure.locator(":is(input, select):enabled").first.wait_for()
        self.figure.locator("svg").first.scroll_into_view_if_needed()
        self.data = FIGURES[name][1]
        self.columns = [unpacked(column) for column in self.data["columns"]]

    @property
    def places(self):
        """Where each control stands."""
        return self.figure.evaluate("""(figure) =>
          [...figure.querySelectorAll("input, select")].map((c) => Number(c.value))""")

    @property
    def sizes(self):
        """How many places each control has."""
        return self.figure.evaluate("""(figure) =>
          [...figure.querySelectorAll("input, select")].map(
            (c) => c.options?.length ?? Number(c.max) + 1)""")

    @property
    def said(self):
        return self.figure.locator(".seegrad-words").inner_text()

    @property
    def computed(self):
        """What Python computed for the place where it stands."""
        k = 0
        for place, size in zip(self.places, self.sizes, strict=True):
            k = k * size + place
        return at_stop(self.data, self.columns, k)[0]

    def check(self):
        """It says what Python computed for this stop, to the eye and to the ear."""
        assert self.said == self.computed
        slider = self.figure.locator("input").last
        assert slider.get_attribute("aria-valuetext") == self.computed

    def middle(self, part=".point"):
        box = self.figure.locator(part).first.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def inside(self):
        """A place in the picture: the point, or its middle where nothing is dragged."""
        return self.middle(".point" if self.data["drag"] else "svg")

    def inwards(self, place, length=60, side=0):
        """So far to that side, of x or of y, where there is more of the picture."""
        return length if place < self.middle("svg")[side] else -length

    def follows(self, x, y):
        """The point has come to the stop nearest to such a place."""
        svg = self.figure.locator("svg").first
        scale = svg.bounding_box()["width"] / svg.evaluate(
            "s => s.viewBox.baseVal.width"
        )
        at, places, sizes = (x, y), self.places, self.sizes
        found = self.middle()
        for axis, side, _ in self.data["drag"]:
            # Half of the distance between stops, in pixels, is the most it is away.
            column = next(c for a, s, c in self.data["drag"] if (a, s) == (axis, side))
            stops = sorted({float(v) for v in self.columns[column]})
            gap = max(b - a for a, b in itertools.pairwise(stops))
            assert abs(found[side] - at[side]) <= gap * scale / 2 + 2
            assert 0 <= places[axis] < sizes[axis]


@pytest.fixture
def desktop(browser):
    context = browser.new_context(viewport={"width": 900, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def finger(browser):
    size = {"width": 390, "height": 800}
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True)
    yield context.new_page()
    context.close()


def test_there_are_figures():
    keys = {name.rpartition(" ")[2] for name in FIGURES}
    assert keys == {
        *("tangent", "secant", "reduction", "step", "rate"),
        *("fit", "graph", "gradient", "taylor"),
    }


@pytest.mark.parametrize("name", FIGURES)
def test_every_stop_is_what_python_computed(base, browser, name):
    _, data = FIGURES[name]
    page = browser.new_page()
    page.goto(base + name.rpartition(" ")[0])
    figures = page.locator(".seegrad-explore")
    places = [key for key in FIGURES if key.startswith(name.rpartition(" ")[0])]
    figure = figures.nth(places.index(name))
    names = {part: list(moves) for part, moves in data["parts"].items()}
    figure.evaluate("(f, names) => { f.dataset.names = names; }", json.dumps(names))
    columns = [unpacked(column) for column in data["columns"]]
    seen = figure.evaluate(ALL_STOPS)
    assert len(seen) == len(columns[data["words"]])
    for k, (said, heard, described, parts) in enumerate(seen):
        sentence, moved = at_stop(data, columns, k)
        assert [said, heard, described] == [sentence] * 3
        assert parts == moved
    page.close()


@pytest.mark.parametrize("name", FIGURES)
def test_keys_move_every_control(desktop, base, name):
    shown = Shown(desktop, base, name)
    press = desktop.keyboard.press
    for axis, control in enumerate(shown.figure.locator("input, select").all()):
        control.focus()
        last = shown.sizes[axis] - 1
        keys = {"Home": 0, "ArrowRight": 1, "ArrowUp": 2, "ArrowLeft": 1, "End": last}
        if control.evaluate("c => c.tagName") == "SELECT":
            keys = {"Home": 0, "ArrowDown": 1, "ArrowUp": 0, "End": last}
        for key, place in keys.items():
            press(key)
            assert shown.places[axis] == place
            shown.check()
        press("Home")
        if control.evaluate("c => c.tagName") == "INPUT":
            press("PageUp")
            assert shown.places[axis] > 0
            press("PageDown")
            assert shown.places[axis] == 0
        shown.check()
    assert shown.data["key"] in desktop.url


@pytest.mark.parametrize("name", DRAGGED)
def test_a_mouse_drags_each_point(desktop, base, name):
    shown = Shown(desktop, base, name)
    x, y = shown.inside()
    before, across = shown.said, shown.inwards(x, 100)
    desktop.mouse.move(x, y)
    desktop.mouse.down()
    desktop.mouse.move(x + across, y + 30, steps=5)
    shown.follows(x + across, y + 30)
    desktop.mouse.up()
    assert shown.said != before
    shown.check()
    assert shown.data["key"] in desktop.url
    desktop.mouse.move(x, y, steps=5)  # it has let go
    shown.follows(x + across, y + 30)
    desktop.mouse.click(x + across / 2, y)
    shown.follows(x + across / 2, y)


@pytest.mark.parametrize("name", FIGURES)
def test_a_mouse_drags_each_slider(desktop, base, name):
    shown = Shown(desktop, base, name)
    for slider in shown.figure.locator("input").all():
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        before, y = shown.said, box["y"] + box["height"] / 2
        share = int(slider.input_value()) / int(slider.get_attribute("max"))
        desktop.mouse.move(box["x"] + 8 + share * (box["width"] - 16), y)
        desktop.mouse.down()
        end = 0.3 if share > 0.5 else 0.7
        desktop.mouse.move(box["x"] + end * box["width"], y, steps=5)
        desktop.mouse.up()
        assert shown.said != before
        shown.check()


@pytest.mark.parametrize("name", FIGURES)
def test_a_finger_drags_sideways_and_scrolls_up(finger, base, name):
    shown = Shown(finger, base, name)
    x, y = shown.inside()
    scrolled, before = finger.evaluate("scrollY"), shown.said
    two = len(shown.data["drag"]) == 2
    if shown.data["drag"]:
        across, down = shown.inwards(x), shown.inwards(y, 40 if two else 5, side=1)
        swipe(finger, (x, y), across, down)
        shown.follows(x + across, y + down)
        assert shown.said != before
        assert finger.evaluate("scrollY") == scrolled
        shown.check()
    start = shown.inside()
    if two:  # away from the handle, which goes wherever the finger goes
        start = start[0] + shown.inwards(start[0], 80), start[1]
    before, address = shown.said, finger.url
    swipe(finger, start, 2, -160)
    assert finger.evaluate("scrollY") > scrolled + 100
    assert shown.said == before
    assert finger.url == address


@pytest.mark.parametrize("name", [name for name in DRAGGED if "gradient" in name])
def test_a_handle_is_as_large_as_a_finger(browser, base, name):
    size = {"width": 320, "height": 700}
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True)
    shown = Shown(context.new_page(), base, name)
    box = shown.figure.locator(".reach").bounding_box()
    assert min(box["width"], box["height"]) >= 44
    assert shown.figure.locator(".point").bounding_box()["width"] < 20
    x, y = shown.middle()
    swipe(shown.page, (x + 15, y - 15), shown.inwards(x), 20)
    shown.follows(x + 15 + shown.inwards(x), y + 5)
    context.close()


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("name", FIGURES)
def test_nothing_below_moves_at_any_stop(desktop, base, name, width):
    desktop.set_viewport_size({"width": width, "height": 800})
    shown = Shown(desktop, base, name)
    heights = shown.figure.evaluate("""(figure) => {
      const controls = [...figure.querySelectorAll("input, select")];
      const heights = new Set();
      const walk = (axis) => {
        if (axis === controls.length) {
          controls[0].dispatchEvent(new Event("input", { bubbles: true }));
          heights.add(figure.getBoundingClientRect().height);
          return;
        }
        const control = controls[axis];
        const size = control.options?.length ?? Number(control.max) + 1;
        for (let k = 0; k < size; k++) {
          control.value = k;
          walk(axis + 1);
        }
      };
      walk(0);
      return [...heights];
    }""")
    assert len(heights) == 1


def test_keys_move_the_point(page):
    slider = page.locator(".seegrad-explore input").first
    assert slider.is_enabled()
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert words(page).startswith("At x = −0.74 ")
    page.keyboard.press("ArrowLeft")
    assert words(page).startswith("At x = −0.75 ")
    page.keyboard.press("Home")
    assert words(page).startswith("At x = −2.50 ")
    page.keyboard.press("End")
    assert words(page).startswith("At x = 1.50 ")
    page.keyboard.press("PageDown")
    assert "1.50" not in words(page)
    assert slider.get_attribute("aria-valuetext") == words(page)


def test_buttons_move_the_point_by_one(page):
    page.get_by_role("button", name="Point of contact, x: on").click()
    assert words(page).startswith("At x = −0.74 ")
    page.get_by_role("button", name="Point of contact, x: back").click()
    assert words(page).startswith("At x = −0.75 ")


def test_keys_do_not_leave_the_slider(page):
    page.evaluate("""() => {
      window.heard = [];
      document.addEventListener("keydown", (event) => heard.push(event.key));
    }""")
    page.locator(".seegrad-explore input").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("heard") == []
    assert page.url.startswith("http")


def swipe(page, start, across, down):
    x, y = start
    send = page.context.new_cdp_session(page).send
    touch = "Input.dispatchTouchEvent"
    send(touch, {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for k in range(1, 11):
        point = {"x": x + across * k / 10, "y": y + down * k / 10}
        send(touch, {"type": "touchMove", "touchPoints": [point]})
        page.wait_for_timeout(16)
    send(touch, {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(400)


def test_targets_are_large_enough_for_a_finger(phone):
    for target in phone.locator(".seegrad-moves :is(button, input, select)").all():
        box = target.bounding_box()
        assert box["height"] >= 44
        assert box["width"] >= 44


def test_nothing_breaks_the_policy_and_nothing_shifts(page):
    middle(page)
    page.get_by_role("button", name="Point of contact, x: on").click()
    page.mouse.click(*middle(page))
    assert page.evaluate("violations") == []
    assert page.errors == []
    assert [shift for shift in page.evaluate(SHIFTS) if shift[0] > 0.001] == []


def test_a_link_carries_the_stop(page, base):
    page.goto("about:blank")
    page.goto(f"{base}{TANGENT}#tangent=0.50")
    assert words(page).startswith("At x = 0.50 ")
    assert page.locator(".seegrad-explore svg").first.bounding_box()["y"] < 400
    page.get_by_role("button", name="Point of contact, x: on").click()
    page.goto(f"{base}index.html")
    page.go_back()
    assert words(page).startswith("At x = 0.51 ")
    page.goto("about:blank")
    for damaged in ("nowhere", "%", "%E2", ""):
        page.goto("about:blank")
        page.goto(f"{base}{TANGENT}#tangent={damaged}")
        assert words(page).startswith("At x = −0.75 ")
        assert page.locator(".seegrad-explore input").first.is_enabled()
    assert page.errors == []


def test_a_link_on_the_page_moves_its_figure(page):
    page.evaluate("""() => {
      for (const to of ["tangent=-0.50", "secant=0.001"]) {
        document.querySelector("main h1").insertAdjacentHTML(
          "beforebegin", `<a href="#${to}">${to}</a> `);
      }
    }""")
    first, second = page.locator(".seegrad-words").all()
    svg = page.locator(".seegrad-explore svg").first
    page.get_by_role("link", name="tangent=-0.50").click()
    expect(first).to_contain_text("At x = −0.50 ")
    expect(second).to_contain_text("The points lie 1.5 apart")
    assert 0 <= svg.bounding_box()["y"] < 400
    page.get_by_role("link", name="secant=0.001").click()
    expect(second).to_contain_text("The points lie 0.001 apart")
    expect(first).to_contain_text("At x = −0.50 ")
    page.get_by_role("button", name="Point of contact, x: on").click()
    expect(first).to_contain_text("At x = −0.49 ")
    page.go_back()
    expect(first).to_contain_text("At x = −0.50 ")
    assert page.errors == []


def test_an_address_keeps_the_stops_of_all_figures(page):
    page.get_by_role("button", name="Point of contact, x: on").click()
    page.get_by_role("button", name="Distance of the second point, h: back").click()
    assert page.url.partition("#")[2] == "tangent=-0.74&secant=1.3"
    said = page.locator(".seegrad-words").all_inner_texts()
    page.reload()
    assert page.locator(".seegrad-words").all_inner_texts() == said
    assert said[1].startswith("The points lie 1.3 apart")


def test_two_of_a_kind_have_an_address_each(browser, tmp_path):
    path = tmp_path / "two.html"
    figure = FIGURES[f"{TANGENT} tangent"][0]
    path.write_text(PAGE.format(figure=figure + figure), encoding="utf-8")
    page = browser.new_page()
    page.goto(f"{path.as_uri()}#tangent2=0.50")
    said = page.locator(".seegrad-words").all_inner_texts()
    assert [text.partition(" the")[0] for text in said] == [
        "At x = −0.75",
        "At x = 0.50",
    ]
    page.get_by_role("button", name="Point of contact, x: on").first.click()
    assert page.url.partition("#")[2] == "tangent2=0.50&tangent=-0.74"
    page.close()


def test_a_section_of_the_page_is_no_stop(page, base):
    page.goto("about:blank")
    page.goto(f"{base}{TANGENT}#next")
    page.get_by_role("button", name="Point of contact, x: on").click()
    assert page.url.partition("#")[2] == "tangent=-0.74"


def test_a_figure_waits_for_one_file(page):
    blocking = page.evaluate("""() => performance.getEntriesByType("resource")
      .filter((entry) => entry.renderBlockingStatus === "blocking")
      .map((entry) => new URL(entry.name).pathname)""")
    assert blocking == ["/_static/seegrad.css"]


def test_without_a_script_the_first_stop_shows(base, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(base + TANGENT)
    assert words(page).startswith("At x = −0.75 ")
    assert page.locator(".seegrad-moves").first.is_hidden()
    context.close()


def test_it_fits_a_narrow_screen_and_prints_its_sentence(base, browser):
    page = browser.new_page(viewport={"width": 320, "height": 640})
    page.goto(base + TANGENT)
    assert not page.evaluate(TOO_WIDE)
    page.emulate_media(media="print")
    assert page.locator(".seegrad-moves").first.is_hidden()
    assert page.locator(".seegrad-words").first.is_visible()
    assert page.locator(".seegrad-explore svg").first.is_visible()
    page.close()


# ---------------------------------------------------------------- elsewhere

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>A figure</title></head><body><main><h1>A figure</h1>{figure}</main></body></html>
"""


@pytest.mark.parametrize("name", FIGURES)
def test_a_page_saved_on_the_disk(browser, tmp_path, name):
    path = tmp_path / "figure.html"
    path.write_text(PAGE.format(figure=FIGURES[name][0]), encoding="utf-8")
    page = browser.new_page()
    page.add_init_script(path=AXE)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    before = words(page)
    first = page.locator("input").first.input_value() == "0"
    page.locator("button").nth(int(first)).click()
    assert words(page) != before
    assert requests == [path.as_uri()]
    assert page.evaluate(RUN_AXE, True) == []
    page.close()


@pytest.mark.parametrize("name", FIGURES)
def test_a_sandboxed_frame_as_notebooks_have_it(browser, name):
    page = browser.new_page()
    frame = html.escape(PAGE.format(figure=FIGURES[name][0]))
    sandbox = '<iframe sandbox="allow-scripts" width="700" height="700" srcdoc='
    sandbox = '<iframe sandbox="allow-scripts" width="700" height="700" srcdoc='
    page.set_content(f'{sandbox}"{frame}"></iframe>')
    inside = page.frame_locator("iframe")
    slider = inside.locator("input").first
    slider.focus()
    before = inside.locator("desc").first.text_content()
    page.keyboard.press("End")
    at_end = inside.locator("desc").first.text_content()
    page.keyboard.press("Home")
    assert {before, at_end, inside.locator("desc").first.text_content()} != {before}
    page.close()


WEIGHT = 8192


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_light(name):
    figure, script = FIGURES[name][0].split("<script>")
    assert len(gzip.compress(figure.encode(), 9)) <= WEIGHT
    assert len(gzip.compress(script.encode(), 9)) <= 2048


def test_a_move_is_quick(page):
    middle(page)
    times = page.evaluate("""() => {
      const svg = document.querySelector(".seegrad-explore svg");
      const { left, top, width } = svg.getBoundingClientRect();
      return [...Array(50).keys()].map((k) => {
        const place = { clientX: left + (k / 50) * width, clientY: top };
        const before = performance.now();
        svg.dispatchEvent(new MouseEvent("click", place));
        svg.getBoundingClientRect(); // and is laid out
        return performance.now() - before;
      });
    }""")
    assert statistics.median(times) < 16
