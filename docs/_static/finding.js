/* Finds pages while somebody types, in the search dialog and on the search page.
   MiniSearch ranks, by how often a word is on a page and how rare it is elsewhere. What
   it needs is loaded when something is typed. */
(() => {
  const ROOT = document.documentElement.dataset.content_root;
  const PARTS = ["language_data", "minisearch", "pages"];
  const BOOST = { title: 6, keywords: 6, headings: 3, text: 1 };
  const WORD = /[\p{L}\p{N}_]+/gu;
  const JAPANESE = /([\p{sc=Han}\p{sc=Hira}\p{sc=Kana}ー]+)/u;
  const SAME = 4; // how much more a page counts that has the question for its title
  const RUN = 4; // so many words in a row are no chance
  const SHOWN = { dialog: 8, page: 30 };
  let loaded;

  for (const form of document.querySelectorAll("form.bd-search")) attend(form);

  function attend(form) {
    const field = form.elements.q;
    const dialog = form.closest("dialog");
    const output = document.createElement("div");
    const count = document.createElement("p");
    const list = document.createElement("ol");
    output.className = "seegrad-found";
    output.hidden = true;
    count.role = "status"; // the number is read out, not the list
    list.role = "list";
    list.addEventListener("click", () => dialog?.close());
    output.append(count, list);
    form.after(output);
    const show = async () => {
      if (!loaded && !field.value) return;
      const find = await (loaded ??= load());
      const query = field.value.trim();
      const found = query ? find(query) : [];
      output.hidden = !query;
      count.textContent = told(found.length);
      list.replaceChildren(...found.slice(0, dialog ? SHOWN.dialog : SHOWN.page).map(item));
    };
    field.addEventListener("input", show);
    if (dialog) return;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      history.replaceState(null, "", `?q=${encodeURIComponent(field.value)}`);
    });
    field.value = new URLSearchParams(location.search).get("q") ?? "";
    field.focus();
    show();
  }

  async function load() {
    for (const part of PARTS) {
      await new Promise((onload, onerror) => {
        const script = document.createElement("script");
        Object.assign(script, { src: `${ROOT}_static/${part}.js`, onload, onerror });
        document.head.append(script);
      });
    }
    return finder(PAGES);
  }

  /* A function from a query to the pages that answer it, best first. */
  function finder(pages) {
    const stemmer = new Stemmer();
    const forms = new Map(); // of a word: itself and its stem, or none of a stop word
    const known = new Set();
    const words = pages.map(wordsOf);

    function formsOf(term) {
      if (!forms.has(term)) {
        const short = term.length < 2 && !JAPANESE.test(term);
        const none = short || stopwords.has(term);
        forms.set(term, none ? [] : [...new Set([term, stemmer.stemWord(term)])]);
      }
      return forms.get(term);
    }

    const index = new MiniSearch({
      fields: Object.keys(BOOST),
      extractField: (page, name) =>
        name === "headings" ? page.sections.slice(1).map((s) => s[1]).join("\n")
        : name === "text" ? page.sections.map((s) => s[2]).join("\n")
        : page[name],
      idField: "url",
      tokenize: (text) => tokens(text, true),
      processTerm: (term) => {
        for (const form of formsOf(term)) known.add(form);
        return formsOf(term);
      },
    });
    index.addAll(pages);
    const byUrl = new Map(pages.map((page, i) => [page.url, { page, words: words[i] }]));

    return (query) => {
      const asked = plain(query.replace(/^seegrad\./, ""));
      const runs = runsOf(asked);
      const options = {
        tokenize: (text) => tokens(text, false),
        processTerm: formsOf,
        boost: BOOST,
        boostTerm: (term) => (stemmer.stemWord(term) === term ? 1 : 0.3),
        prefix: (term, i, terms) => i >= terms.length - 2,
        fuzzy: (term) => (known.has(term) || term.length < 4 ? false : term.length > 6 ? 2 : 1),
        boostDocument: (url) => {
          const { page, words } = byUrl.get(url);
          const same = runs.filter((run) => words.includes(run)).length;
          const named = plain(page.title) === asked;
          return page.weight * (1 + (3 * same) / (runs.length || 1)) * (named ? SAME : 1);
        },
      };
      const found = index.search(query, options);
      const enough = found.filter(({ score }) => score > found[0].score / 20);
      return enough.map(({ id, match, score }) => {
        const { page } = byUrl.get(id);
        const hit = (word) => formsOf(word).some((form) => match[form]);
        return { page, score, hit, ...bestSection(page, hit, runs) };
      });
    };
  }

  /* Names count whole and by their parts, Japanese by its pairs of characters. */
  function tokens(text, all) {
    return (text.normalize("NFKC").toLowerCase().match(WORD) ?? []).flatMap((word) => {
      if (JAPANESE.test(word)) return word.split(JAPANESE).flatMap((run) => pairs(run, all));
      return word.includes("_") ? [word, ...word.split("_")] : [word];
    });
  }

  function pairs(run, all) {
    if (!JAPANESE.test(run)) return run ? [run] : [];
    const signs = [...run];
    const two = signs.slice(1).map((sign, i) => signs[i] + sign);
    return all || signs.length === 1 ? [...two, ...signs] : two;
  }

  function plain(text) {
    return ` ${(text.normalize("NFKC").toLowerCase().match(WORD) ?? []).join(" ")} `;
  }

  function wordsOf({ title, keywords, sections }) {
    return plain([title, keywords, ...sections.flatMap((s) => s.slice(1))].join(" "));
  }

  /* Each few words in a row, for an error message is copied, not remembered. */
  function runsOf(words) {
    const list = words.trim().split(" ");
    const size = Math.min(RUN, list.length);
    if (size < 2) return [];
    const starts = list.slice(size - 1).map((_, i) => i);
    return starts.map((i) => ` ${list.slice(i, i + size).join(" ")} `);
  }

  function bestSection(page, hit, runs) {
    let best = { hits: -1 };
    for (const [anchor, heading, text] of page.sections) {
      const content = plain(`${heading} ${text}`);
      const different = new Set(content.split(" ").filter(hit)).size;
      const hits = different + RUN * runs.filter((run) => content.includes(run)).length;
      if (hits > best.hits) best = { hits, anchor, heading, text };
    }
    return best;
  }

  function told(number) {
    if (!number) return _("No page has these words.");
    return number > 1 ? _("{number} pages").replace("{number}", number) : _("One page");
  }

  function item({ page, hit, anchor, heading, text }) {
    const line = document.createElement("li");
    const link = document.createElement("a");
    const within = anchor && anchor !== page.sections[0][0];
    link.href = ROOT + page.url + (within ? `#${anchor}` : "");
    link.textContent = within ? `${page.title} › ${heading}` : page.title;
    const kind = Object.assign(document.createElement("small"), { textContent: page.kind });
    const words = document.createElement("p");
    words.append(...excerpt(text, hit));
    line.append(link, " ", kind, words);
    return line;
  }

  /* The place with the most different words that were asked for, with those marked. */
  function excerpt(text, hit) {
    const marks = [...text.matchAll(WORD)].filter(([word]) => tokens(word, false).some(hit));
    const near = ({ index }) => marks.filter((m) => m.index >= index && m.index < index + 120);
    const different = (mark) => new Set(near(mark).map(([word]) => word.toLowerCase())).size;
    const most = Math.max(0, ...marks.map(different));
    const first = marks.find((mark) => different(mark) === most)?.index ?? 0;
    const start = first < 60 ? 0 : text.lastIndexOf(" ", first - 60) + 1;
    const end = text.length > start + 180 ? text.lastIndexOf(" ", start + 180) : text.length;
    const parts = start ? ["… "] : [];
    let at = start;
    for (const { 0: word, index } of marks.filter((m) => m.index >= start && m.index < end)) {
      const mark = Object.assign(document.createElement("mark"), { textContent: word });
      parts.push(text.slice(at, index), mark);
      at = index + word.length;
    }
    return [...parts, text.slice(at, end), end < text.length ? " …" : ""];
  }
})();
