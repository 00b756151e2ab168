"""Figures that a reader moves, by mouse, by finger and by keys, on every page."""

import gzip
import html
import json
import re
import statistics

import pytest
from conftest import AXE, HTML, RUN_AXE, SHIFTS, TOO_WIDE, WATCH

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
      control[control.options ? "selectedIndex" : "value"] = place;
    }
    controls[0].dispatchEvent(new Event("input"));
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


def test_a_mouse_moves_the_point(page):
    x, y = middle(page)
    before = words(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 100, y + 30, steps=5)
    assert middle(page)[0] == pytest.approx(x + 100, abs=2)
    page.mouse.up()
    assert words(page) != before
    assert page.url.partition("#")[2].startswith("tangent=")


def test_a_click_moves_the_point(page):
    x, y = middle(page)
    page.mouse.click(x - 60, y - 40)
    assert middle(page)[0] == pytest.approx(x - 60, abs=2)


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


def swipe(page, across, down):
    x, y = middle(page)
    send = page.context.new_cdp_session(page).send
    touch = "Input.dispatchTouchEvent"
    send(touch, {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for k in range(1, 11):
        point = {"x": x + across * k / 10, "y": y + down * k / 10}
        send(touch, {"type": "touchMove", "touchPoints": [point]})
        page.wait_for_timeout(16)
    send(touch, {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(400)


def test_a_finger_moves_the_point_sideways(phone):
    x, _ = middle(phone)
    scrolled = phone.evaluate("scrollY")
    swipe(phone, 60, 5)
    assert middle(phone)[0] == pytest.approx(x + 60, abs=3)
    assert phone.evaluate("scrollY") == scrolled


def test_a_swipe_up_scrolls_and_moves_nothing(phone):
    middle(phone)
    before, scrolled = words(phone), phone.evaluate("scrollY")
    swipe(phone, 2, -160)
    assert phone.evaluate("scrollY") > scrolled + 100
    assert words(phone) == before
    assert "#" not in phone.url


def test_nothing_below_moves_however_long_the_sentence(phone):
    figure = phone.locator(".seegrad-explore").first
    heights = set()
    for stop in range(0, 401, 25):
        figure.locator("input").fill(str(stop))
        heights.add(figure.bounding_box()["height"])
    assert len(heights) == 1


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
    assert page.evaluate(RUN_AXE) == []
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
