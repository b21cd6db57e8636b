"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  // Everything from photographs and poems is inserted here as text, never as markup.
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
      else if (name === "class") element.className = value;
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };

  // -- requests to the studio -----------------------------------------------------------------------------
  let hushing = 0;
  const say = (text, wrong = false) => {
    clearTimeout(hushing);
    $("said").textContent = text;
    $("said").classList.toggle("wrong", wrong);
    hushing = setTimeout(() => { $("said").textContent = ""; }, wrong ? 8000 : 3500);
  };
  const get = async (path) => {
    const answer = await fetch(path);
    const told = answer.headers.get("content-type").startsWith("application/json") ? await answer.json() : { error: await answer.text() };
    if (!answer.ok) throw new Error(told.error);
    return told;
  };
  // What was sent arrives though the page is left meanwhile. A browser does that for 64 kB of all requests in flight
  // together and refuses more, so a grammar, which is also sent to be tried, goes without.
  const MOST_KEPT_ALIVE = 16000;
  const send = (path, given) => {
    const body = JSON.stringify(given);
    return fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body, keepalive: body.length < MOST_KEPT_ALIVE })
      .catch(() => { throw new Error("The studio does not answer, so nothing was changed. Was it stopped?"); });
  };
  const post = async (path, given) => {
    const answer = await send(path, given);
    const told = answer.headers.get("content-type").startsWith("application/json") ? await answer.json() : { error: await answer.text() };
    if (answer.status === 409 && !given.sure) return (await ask(told.error)) ? post(path, { ...given, sure: true }) : null;
    if (!answer.ok) throw new Error(told.error);
    return told;
  };
  const ask = (question) => new Promise((resolve) => {
    $("sure-said").textContent = question;
    $("sure").returnValue = "";
    $("sure").addEventListener("close", () => resolve($("sure").returnValue === "yes"), { once: true });
    $("sure").showModal();
  });

  // -- the show -------------------------------------------------------------------------------------------
  const rows = new Map();
  let order = [], shown = [], version = 0, reads = false, alone = "", loaded = false;
  const take = (told) => {
    version = told.version;
    for (const row of told.rows) {
      const fresh = !rows.has(row.id);
      const hoped = hopes.get(row.id);
      if (hoped) { hoped.before = { ...row }; Object.assign(row, hoped.seen); }
      row.find = [row.title, ...row.lines, ...row.labels, ...row.colors.map((c) => c[1]), row.name].join("\n").toLowerCase();
      rows.set(row.id, row);
      if (loaded) arrived(row, fresh);
    }
    if (told.order) {
      order = told.order;
      const there = new Set(order);
      for (const id of rows.keys()) if (!there.has(id)) rows.delete(id);
      const title = told.title || "photopoem studio";
      $("title").textContent = title;
      document.title = told.title ? `${title} – photopoem studio` : title;
    }
    reads = told.reads ?? reads;
    alone = told.alone ?? alone;
    document.body.classList.toggle("alone", Boolean(alone));
    $("undo").disabled = !told.undo;
    $("undo").title = told.undo ? `Undo: ${told.undo}` : "";
    $("trouble").hidden = !told.trouble;
    $("trouble").textContent = told.trouble;
    loaded = true;
    sift();
    if (view() === "poem") followPoem(told.rows);
  };
  let looking = false, again = false;
  const look = async () => {
    if (looking) { again = true; return; }
    looking = true;
    try { do { again = false; take(await get(`wall?since=${version}`)); } while (again); }
    catch (error) { say(error.message, true); }
    finally { looking = false; }
  };
  // What a key does is seen at once, and paler until it stands in the files. The studio is told one thing after the
  // other, in the order of the keys; where it refuses one, the poem is shown again as it stands.
  const hopes = new Map(), untold = [];
  let telling = Promise.resolve();
  const hope = (id, seen) => {
    const hoped = hopes.get(id) || { before: rows.get(id), acts: 0 };
    hopes.set(id, { ...hoped, seen: { ...seen, waits: true }, acts: hoped.acts + 1 });
    redraw(id, { ...rows.get(id), ...seen, waits: true });
  };
  const fulfil = (id, done) => {
    const hoped = hopes.get(id);
    if (!hoped) return;
    hoped.acts -= 1;
    if (hoped.acts) return;
    hopes.delete(id);
    if (!done) redraw(id, hoped.before);
    else if (rows.has(id)) rows.set(id, { ...rows.get(id), waits: false });
  };
  const redraw = (id, row) => {
    rows.set(id, row);
    sift();
    if (view() === "poem" && id === poemId()) showState();
  };
  const act = (name, given, hoped = "") => {
    if (reads) { say("This screen is read-only.", true); return Promise.resolve(null); }
    const one = { name, given };
    untold.push(one);
    telling = telling.then(() => tell(one, hoped));
    return telling;
  };
  const tell = async (one, hoped) => {
    untold.splice(untold.indexOf(one), 1);
    try {
      const told = await post(one.name, { ...one.given, since: version });
      fulfil(hoped, Boolean(told));
      if (told) { take(told); say(told.said); }
      return told;
    } catch (error) {
      fulfil(hoped, false);
      say(error.message, true);
      if (hoped) { version = 0; look(); }
      return null;
    }
  };
  addEventListener("pagehide", () => { for (const { name, given } of untold.splice(0)) send(name, given); });
  const follow = () => {
    const events = new EventSource("events");
    events.onmessage = (event) => { $("trouble").classList.remove("away"); if (Number(event.data) !== version) look(); };
    events.addEventListener("grammars", followDraft);
    events.onerror = () => { $("trouble").hidden = false; $("trouble").classList.add("away"); $("trouble").textContent = "The studio does not answer. Was it stopped?"; };
    events.onopen = () => { if ($("trouble").classList.contains("away")) { version = 0; look(); } };
  };

  // -- filter ---------------------------------------------------------------------------------------------
  const STATES = ["undecided", "kept", "dropped"];
  const fits = (row, words) => words.every((word) =>
    STATES.includes(word) ? row.state === word
    : word === "edited" ? row.hand
    : row.grammar.toLowerCase() === word || row.find.includes(word));
  const sift = () => {
    const words = $("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const here = shown[at];
    shown = words.length ? order.filter((id) => fits(rows.get(id), words)) : order;
    const count = (state) => order.reduce((n, id) => n + (rows.get(id).state === state), 0);
    const told = [["kept", count("kept")], ["dropped", count("dropped")]].filter(([, n]) => n).map(([what, n]) => `${n} ${what}`);
    $("count").textContent = [`${shown.length}${words.length ? ` of ${order.length}` : ""}`, ...told].join(", ");
    const found = shown.indexOf(here);
    at = found >= 0 ? found : Math.max(0, Math.min(at, shown.length - 1));
    $("empty").hidden = shown.length > 0;
    $("empty").textContent = order.length ? "No poem here has that." : "No poems yet. photopoem run photos/ writes them; they appear here as they come.";
    draw(true);
  };

  // -- the wall: only the cards in sight are there ----------------------------------------------------------
  const cards = new Map();
  const HIGH = 440, GAP = 20, LEAST = 300, BEYOND = 2;
  let at = 0, editing = null;
  const columns = () => Math.max(1, Math.floor(($("cards").clientWidth + GAP) / (LEAST + GAP)));
  const strip = (colors) => make("div", { class: "strip", "aria-hidden": "true" }, ...colors.map(([hex, , share]) => {
    const part = make("i");
    part.style.flexGrow = share;
    part.style.background = hex;
    return part;
  }));
  const alt = (row) => `The photograph ${row.name}` + (row.labels.length ? `; labels: ${row.labels.slice(0, 4).join(", ")}` : "");
  const picture = (row, side) => `picture/${row.id}/${side}/${row.mark}`;
  const card = (row) => {
    const id = `t-${row.id}`;
    const state = row.state === "undecided" ? [] : [make("span", { class: `state ${row.state}` }, row.state)];
    return make("article", { class: `card ${row.state}${row.waits ? " waits" : ""}`, "aria-busy": row.waits && "true", tabindex: -1, "data-id": row.id, "aria-labelledby": id },
      make("div", { class: "pic" }, make("img", { src: picture(row, 480), alt: alt(row), decoding: "async", on: { error: (e) => { e.target.hidden = true; } } })),
      strip(row.colors),
      make("div", { class: "text" }, make("h2", { id, dir: "auto" }, row.title || row.name),
        make("p", { class: "lines", dir: "auto" }, ...row.lines.map((line) => make("span", {}, line)))),
      make("footer", {}, ...state, make("span", { class: "name" }, row.name),
        make("span", {}, `${row.grammar} ${row.seed}${row.hand ? ", edited" : ""}`)));
  };
  const draw = (changed) => {
    if (view() !== "wall") return;
    const across = columns(), width = ($("cards").clientWidth - GAP * (across - 1)) / across;
    $("cards").style.height = `${Math.ceil(shown.length / across) * (HIGH + GAP)}px`;
    const top = scrollY - $("cards").offsetTop;
    const first = Math.max(0, Math.floor(top / (HIGH + GAP)) - BEYOND) * across;
    const last = Math.min(shown.length, (Math.ceil((top + innerHeight) / (HIGH + GAP)) + BEYOND) * across);
    const wanted = new Map();
    for (let n = first; n < last; n++) wanted.set(shown[n], n);
    if (shown.length) wanted.set(shown[at], at);
    const focused = document.activeElement && document.activeElement.closest(".card");
    for (const [id, element] of cards) {
      if (wanted.has(id) || editing === id) continue;
      element.remove();
      cards.delete(id);
    }
    let before = null;
    for (const [id, n] of [...wanted].sort((a, b) => a[1] - b[1])) {
      let element = cards.get(id);
      const row = rows.get(id);
      if (!element || (changed && element.row !== row && editing !== id)) {
        const fresh = card(row);
        fresh.row = row;
        const had = element === focused && focused;
        if (element) element.replaceWith(fresh); else $("cards").append(fresh);
        cards.set(id, fresh);
        element = fresh;
        if (had) fresh.focus({ preventScroll: true });
      }
      // Document order is the visible order, for screen readers.
      if (before ? before.nextSibling !== element : $("cards").firstChild !== element) {
        const had = document.activeElement === element;
        if (before) before.after(element); else $("cards").prepend(element);
        if (had) element.focus({ preventScroll: true });
      }
      before = element;
      element.style.width = `${width}px`;
      element.style.height = `${HIGH}px`;
      element.style.transform = `translate(${(n % across) * (width + GAP)}px, ${Math.floor(n / across) * (HIGH + GAP)}px)`;
      element.tabIndex = n === at ? 0 : -1;
      element.setAttribute("aria-posinset", n + 1);
      element.setAttribute("aria-setsize", shown.length);
    }
  };
  const go = (n) => {
    if (!shown.length) return;
    at = Math.max(0, Math.min(shown.length - 1, n));
    const across = columns(), head = $("bar").getBoundingClientRect().bottom;
    const top = $("cards").offsetTop + Math.floor(at / across) * (HIGH + GAP);
    if (top - 12 < scrollY + Math.max(0, head)) scrollTo(0, top - Math.max(0, head) - 12);
    else if (top + HIGH + 12 > scrollY + innerHeight) scrollTo(0, top + HIGH + 12 - innerHeight);
    draw();
    cards.get(shown[at]).focus({ preventScroll: true });
  };
  addEventListener("scroll", () => requestAnimationFrame(() => draw()), { passive: true });
  addEventListener("resize", () => draw());
  $("cards").addEventListener("focusin", (event) => {
    const id = event.target.closest(".card").dataset.id, n = shown.indexOf(id);
    if (n >= 0 && n !== at) { at = n; draw(); }
  });
  $("cards").addEventListener("click", (event) => {
    const element = event.target.closest(".card");
    if (!element || editing === element.dataset.id) return;
    go(shown.indexOf(element.dataset.id));
    if (event.target.closest("img")) open(element.dataset.id);
  });
  $("cards").addEventListener("dblclick", (event) => {
    const element = event.target.closest(".card");
    if (element && editing !== element.dataset.id) open(element.dataset.id);
  });

  // -- actions ----------------------------------------------------------------------------------------------
  const current = () => view() === "poem" ? poemId() : shown[at];
  const decide = (asked) => {
    const id = current(), row = rows.get(id);
    if (!row) return;
    const state = row.state === asked ? "undecided" : asked;
    if (!reads) hope(id, { state });
    act("decide", { ids: [id], state }, id);
  };
  const reroll = (grammar = "") => {
    const id = current();
    if (!rows.has(id)) return;
    if (!reads) hope(id, {});
    act("reroll", { id, grammar }, id);
  };
  const undo = () => act("undo", {});
  const open = (id) => { location.hash = `#poem=${id}`; };
  const grammars = async () => {
    try {
      const { grammars } = await get("grammars");
      // The list is closed first: the focus goes back to the poem, which is then drawn anew.
      $("grammars-list").replaceChildren(...grammars.map((each) => make("button", {
        type: "button", on: { click: () => { $("grammars").close(); reroll(each.id); } },
      }, each.name, make("small", {}, each.about))));
      $("grammars").showModal();
    } catch (error) { say(error.message, true); }
  };
  // An editor in place of a poem's text: `leave` puts the text back. Words that were neither saved nor discarded are
  // there again when the poem is edited next.
  const unsaved = new Map();
  const editor = async (id, hold, leave) => {
    const { wording } = await get(`poem/${id}`);
    const area = make("textarea", { "aria-label": "The poem: title, an empty line, its lines", spellcheck: "true" });
    area.value = unsaved.get(id) ?? wording;
    area.addEventListener("input", () => { if (area.value === wording) unsaved.delete(id); else unsaved.set(id, area.value); });
    const discard = () => { unsaved.delete(id); leave(); };
    const save = async () => {
      if (area.value === wording || await act("edit", { id, text: area.value, before: wording })) discard();
    };
    area.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") leave();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
    });
    const button = (text, act) => make("button", { type: "button", on: { click: act } }, text);
    const acts = make("div", { class: "acts", on: { keydown: (event) => { if (event.key === "Escape") leave(); } } },
      button("Save", save), button("Discard", discard),
      make("span", { class: "hint" }, unsaved.has(id) ? "your words, not saved yet" : "Ctrl Enter saves"));
    hold(area, acts);
    area.focus();
    area.setSelectionRange(0, 0);
    area.scrollTop = 0;
  };
  const edit = () => {
    const id = current(), row = rows.get(id);
    if (!row || editing) return;
    if (reads) { say("This screen is read-only.", true); return; }
    editing = id;
    const onWall = view() === "wall";
    const leave = () => {
      editing = null;
      if (view() === "wall") { const old = cards.get(id); if (old) { old.remove(); cards.delete(id); } draw(); go(at); }
      else showPoem();
    };
    editor(id, (area, acts) => {
      if (onWall) cards.get(id).replaceChildren(make("div", { class: "text head" }, make("h2", {}, row.name)), area, acts);
      else { $("poem-lines").replaceChildren(area, acts); $("poem-title").textContent = ""; }
    }, leave).catch((error) => { editing = null; say(error.message, true); });
  };

  // -- one poem -----------------------------------------------------------------------------------------------
  const poemId = () => (location.hash.match(/^#poem=([0-9a-f]+)$/) || [])[1];
  let poem = null, near = null;
  const piece = (each) => {
    if (!each.layer) return each.text;
    const element = make("button", { type: "button", class: `w ${each.layer}${each.hex ? " c" : ""}`, title: `${each.whose} ${each.told}; ${each.figures}`,
      on: { click: () => wordDialog(each), pointerenter: () => point(each), pointerleave: unpoint, focus: () => point(each), blur: unpoint } }, each.text);
    if (each.hex) { element.style.setProperty("--day", each.day); element.style.setProperty("--night", each.night); element.style.setProperty("--true", each.hex); }
    return element;
  };
  const showPoem = async () => {
    const id = poemId();
    if (!rows.has(id)) { location.hash = "#wall"; return; }
    try { poem = await get(`poem/${id}`); } catch (error) { say(error.message, true); return; }
    if (poemId() !== id || editing === id) return;
    at = Math.max(0, shown.indexOf(id));
    const row = rows.get(id), address = new URL(picture(row, 1280), location.href).href;
    if ($("photo").src !== address) { $("photo").src = address; near = null; }
    $("photo").alt = poem.alt;
    $("palette").replaceChildren(...poem.palette.map((swatch, n) => {
      const name = `${swatch.name}, ${Math.round(swatch.share * 100)}%`;
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      for (const [key, value] of Object.entries({ width: "100%", height: "100%", fill: swatch.hex })) rect.setAttribute(key, value);
      svg.append(rect);
      const button = make("button", { type: "button", "aria-label": name, title: name,
        on: { pointerenter: () => dim(n), pointerleave: unpoint, focus: () => dim(n), blur: unpoint,
          click: () => wordDialog({ layer: "people", whose: "the people", told: `named “${swatch.name}”`, figures: `${swatch.hex}, ${Math.round(swatch.share * 100)}% of the picture`, what: "color", of: swatch.name }) } }, svg);
      button.style.flexGrow = Math.max(.04, swatch.share);
      return button;
    }));
    $("seen").replaceChildren(...poem.seen.map((label) => make("button", { type: "button", class: label.box ? "where" : "",
      on: { pointerenter: () => frame(label.box), pointerleave: unpoint, focus: () => frame(label.box), blur: unpoint,
        click: () => wordDialog({ layer: "machine", whose: "the machine", told: `saw “${label.text}”`, figures: `scored ${label.score.toFixed(2)} by ${label.by}`, what: "label", of: label.text }) } },
      label.text, make("small", {}, label.score.toFixed(2)))));
    $("seen-head").hidden = !poem.seen.length;
    showState();
    $("poem-title").replaceChildren(...poem.title.map(piece));
    $("poem-lines").replaceChildren(...poem.lines.map((line) => make("span", { dir: "auto" }, ...line.map(piece))));
    $("poem-colophon").textContent = poem.colophon;
  };
  const showState = () => {
    const row = rows.get(poemId()), { state } = row;
    const button = (text, key, act) => make("button", { type: "button", "aria-keyshortcuts": key, on: { click: act } }, text);
    $("poem-state").replaceChildren(make("span", { class: `state ${state}` }, state === "undecided" ? "" : state),
      ` ${row.name}, ${row.grammar} ${row.seed}${row.hand ? ", edited" : ""}`);
    const focused = [...$("poem-acts").children].indexOf(document.activeElement);
    $("poem-acts").classList.toggle("waits", Boolean(row.waits));
    $("poem-acts").replaceChildren(...(reads ? [] : [
      button(state === "kept" ? "Take back keep" : "Keep", "Space", () => decide("kept")), button(state === "dropped" ? "Take back drop" : "Drop", "x", () => decide("dropped")),
      button("Re-roll", "r", () => reroll()), button("Another grammar", "g", grammars), button("Edit", "e", edit)]));
    // A button that was pressed has the focus still.
    if (focused >= 0) $("poem-acts").children[focused]?.focus();
  };
  const followPoem = (changed) => { if (!rows.has(poemId())) location.hash = "#wall"; else if (changed.some((row) => row.id === poemId())) showPoem(); };

  // Where a color is: each pixel of a small copy of the picture belongs to the swatch nearest to it in CIELAB.
  const lab = (r, g, b) => {
    const [x, y, z] = [r, g, b].map((c) => c / 255).map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
      .reduce((sum, c, n) => [[.4124564, .2126729, .0193339], [.3575761, .7151522, .119192], [.1804375, .072175, .9503041]][n].map((m, k) => sum[k] + m * c), [0, 0, 0])
      .map((v, n) => v / [.95047, 1, 1.08883][n]).map((v) => v > .008856 ? Math.cbrt(v) : 7.787 * v + 16 / 116);
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
  };
  const nearest = () => {
    const image = $("photo");
    if (near || !image.naturalWidth) return near;
    const scale = 320 / Math.max(image.naturalWidth, image.naturalHeight);
    const width = Math.max(1, Math.round(image.naturalWidth * scale)), height = Math.max(1, Math.round(image.naturalHeight * scale));
    const canvas = make("canvas", { width, height }), context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height), own = new Uint8Array(width * height);
    const swatches = poem.palette.map(({ hex }) => lab(...[1, 3, 5].map((n) => parseInt(hex.slice(n, n + 2), 16))));
    const known = new Map();
    for (let n = 0; n < own.length; n++) {
      const key = (data[4 * n] >> 2) << 12 | (data[4 * n + 1] >> 2) << 6 | data[4 * n + 2] >> 2;
      if (!known.has(key)) {
        const [l, a, b] = lab(data[4 * n], data[4 * n + 1], data[4 * n + 2]);
        const apart = swatches.map((s) => (s[0] - l) ** 2 + (s[1] - a) ** 2 + (s[2] - b) ** 2);
        known.set(key, apart.indexOf(Math.min(...apart)));
      }
      own[n] = known.get(key);
    }
    near = { width, height, own };
    return near;
  };
  const dim = (number) => {
    const found = number >= 0 && nearest();
    if (!found) return;
    const veil = $("veil");
    veil.width = found.width; veil.height = found.height;
    const context = veil.getContext("2d", { willReadFrequently: true }), shade = context.createImageData(found.width, found.height);
    // A dark color would be invisible on black, so the picture fades to white around it.
    const { hex } = poem.palette[number], [light] = lab(...[1, 3, 5].map((n) => parseInt(hex.slice(n, n + 2), 16)));
    const tone = light < 38 ? 255 : 0;
    for (let n = 0; n < found.own.length; n++) {
      shade.data.fill(tone, 4 * n, 4 * n + 3);
      shade.data[4 * n + 3] = found.own[n] === number ? 0 : 215;
    }
    context.putImageData(shade, 0, 0);
    veil.classList.add("on");
    veil.dataset.color = number;
  };
  const frame = (box) => {
    if (!box) return;
    const [left, top, right, bottom] = box.map((side) => side * 100);
    Object.assign($("box").style, { left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%` });
    $("box").hidden = false;
  };
  const point = (each) => {
    if (each.what === "color") dim(poem.palette.findIndex((swatch) => swatch.hex === each.hex));
    else if (each.what === "label") frame((poem.seen.find((label) => label.text.toLowerCase() === each.of.toLowerCase() || label.text === each.text) || {}).box);
  };
  const unpoint = () => { $("veil").classList.remove("on"); delete $("veil").dataset.color; $("box").hidden = true; };

  // A word: its source, and how to ban or replace it.
  let asked = null;
  const wordDialog = (each) => {
    asked = each;
    $("word-said").textContent = `${each.whose[0].toUpperCase()}${each.whose.slice(1)} ${each.told}`;
    $("word-figures").textContent = each.figures;
    $("word-never").hidden = reads || each.what === "moment";
    $("word-never").textContent = each.what === "color" ? "Never say this color" : each.what === "phrase" ? "Never say this phrase" : "Never say this";
    $("word-say").hidden = reads || !["label", "keyword"].includes(each.what);
    $("word-instead").value = "";
    $("word").showModal();
  };
  $("word-never").addEventListener("click", () => { $("word").close(); act("never", { word: asked.of, color: asked.what === "color" }); });
  const sayInstead = () => {
    if (!$("word-instead").value.trim()) { $("word-instead").focus(); return; }
    $("word").close();
    act("say", { label: asked.of, instead: $("word-instead").value });
  };
  $("word-say-it").addEventListener("click", sayInstead);
  $("word-instead").addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); sayInstead(); } });

  // -- a grammar, with poems of it while it is typed ------------------------------------------------------------
  const PAUSE = 300;
  // `saved` is the last known content of the file; null for an unsaved text.
  const draft = { id: "", own: false, saved: null, seed: 0, ids: [], offset: 0, waiting: 0, trying: false, again: false, begun: false };
  const text = $("g-text");
  const eight = () => {
    const from = shown.length ? shown : order, many = Math.min(8, from.length);
    draft.ids = Array.from({ length: many }, (_, n) => from[(Math.floor(n * from.length / many) + draft.offset) % from.length]);
  };
  const tinted = (each) => {
    if (!each.layer) return each.text;
    const element = make("span", { class: `w ${each.layer}${each.hex ? " c" : ""}`, title: `${each.whose} ${each.told}; ${each.figures}` }, each.text);
    if (each.hex) { element.style.setProperty("--day", each.day); element.style.setProperty("--night", each.night); element.style.setProperty("--true", each.hex); }
    return element;
  };
  const numbers = (problems = []) => {
    const marks = new Map();
    for (const { line, kind } of problems) if (marks.get(line) !== "error") marks.set(line, kind);
    const many = text.value.split("\n").length;
    $("g-numbers").replaceChildren(...Array.from({ length: Math.min(many, 20000) }, (_, n) => make("b", { class: marks.get(n + 1) || "" }, String(n + 1))));
    $("g-numbers").scrollTop = text.scrollTop;
  };
  const toPlace = (line, column) => {
    const before = text.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0) + column - 1;
    text.focus();
    text.setSelectionRange(before, before + 1);
    text.scrollTop = Math.max(0, (line - 5) * parseFloat(getComputedStyle(text).lineHeight));
  };
  const showTried = (told) => {
    numbers(told.problems);
    $("g-problems").replaceChildren(...told.problems.map((each) => make("li", {}, make("button", { type: "button", class: each.kind, on: { click: () => toPlace(each.line, each.column) } },
      `${each.line}:${each.column} ${each.kind}: ${each.message}`))));
    const wrong = told.problems.filter((each) => each.kind === "error").length, hints = told.problems.length - wrong;
    const count = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
    const parts = [wrong ? count(wrong, "error") : "no errors", ...(hints ? [count(hints, "warning")] : [])];
    if (told.share !== undefined) parts.push(`${Math.round(told.share * 100)}% of the words come from the photograph`, `${Math.round(told.distinct * 100)}% of the lines are different`);
    $("g-figures").textContent = parts.join("; ");
    $("g-frames").hidden = !(told.frames || []).length;
    $("g-frames").textContent = (told.frames || []).length ? `Repeated lines: ${told.frames.map(([frame, times]) => `“${frame}”, ${times} times`).join("; ")}` : "";
    $("g-poems").classList.toggle("old", wrong > 0);
    if (wrong) return;
    $("g-poems").replaceChildren(...told.poems.map((each, n) => {
      const row = rows.get(told.ids[n]);
      const head = row ? [make("img", { src: picture(row, 480), alt: alt(row), on: { error: (event) => event.target.remove() } })] : [];
      return make("article", { role: "listitem" }, ...head, ...poemParts(each));
    }));
  };
  const poemParts = (each) => each.error ? [make("p", { class: "none" }, each.error)] : [
    make("h2", { dir: "auto" }, ...each.title.map(tinted)),
    make("div", { class: "lines" }, ...each.lines.map((line) => make("span", { dir: "auto" }, ...line.map(tinted))))];
  const tryDraft = async () => {
    if (draft.trying) { draft.again = true; return; }
    draft.trying = true;
    try {
      do {
        draft.again = false;
        showTried(await post("try", { id: draft.own ? draft.id : "", text: text.value, ids: draft.ids, seed: draft.seed }));
      } while (draft.again);
    } catch (error) { say(error.message, true); }
    finally { draft.trying = false; }
  };
  const soonTry = () => { clearTimeout(draft.waiting); draft.waiting = setTimeout(tryDraft, PAUSE); };
  const listDraft = async () => {
    const { grammars: all } = await get("desk");
    const option = (each) => make("option", { value: each.id }, each.name);
    const own = all.filter((each) => each.own), shelf = all.filter((each) => !each.own);
    $("g-open").replaceChildren(
      ...(own.length ? [make("optgroup", { label: "Your files" }, ...own.map(option))] : []), make("optgroup", { label: "Copy from the shelf" }, ...shelf.map(option)));
    return all;
  };
  const openDraft = async (id) => {
    const all = await listDraft();
    const found = all.find((each) => each.id === id) || all[0];
    const { text: now } = await get(`grammar?id=${encodeURIComponent(found.id)}`);
    Object.assign(draft, { id: found.id, own: found.own, saved: found.own ? now : null });
    $("g-open").value = found.id;
    $("g-name").value = found.own ? found.name.replace(/\.json$/, "") : `my-${found.name}`;
    $("g-outside").hidden = true;
    text.value = now;
    text.scrollTop = 0;
    numbers();
    await tryDraft();
  };
  const beginDraft = () => {
    if (draft.begun) return;
    draft.begun = true;
    eight();
    $("g-figures").textContent = "Writing the first poems.";
    openDraft(alone || "i-can-remember").catch((error) => say(error.message, true));
  };
  const saveDraft = async () => {
    try {
      // An own file is saved in place, unless another name is given.
      const same = draft.own && $("g-name").value === draft.id.split("/").at(-1).replace(/\.json$/, "");
      const written = text.value;
      const told = await post("save", { name: same ? draft.id : $("g-name").value.trim(), text: written, before: draft.saved ?? "" });
      if (!told) return;
      Object.assign(draft, { id: told.id, own: true, saved: written });
      $("g-outside").hidden = true;
      await listDraft();
      $("g-open").value = told.id;
      say(told.said);
    } catch (error) { say(error.message, true); }
  };
  const followDraft = async () => {
    if (several()) { beginSeveral(); return; }
    if (!draft.begun || !draft.own) return;
    try {
      const { text: now } = await get(`grammar?id=${encodeURIComponent(draft.id)}`);
      if (now === draft.saved) return;
      if (text.value === draft.saved || text.value === now) {
        const at = text.selectionStart;
        draft.saved = now;
        if (text.value !== now) { text.value = now; text.setSelectionRange(at, at); numbers(); await tryDraft(); }
      } else $("g-outside").hidden = false;
    } catch (error) { say(error.message, true); }
  };
  text.addEventListener("input", () => { numbers(); soonTry(); });
  text.addEventListener("scroll", () => { $("g-numbers").scrollTop = text.scrollTop; });
  text.addEventListener("keydown", (event) => { if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); saveDraft(); } });
  $("g-open").addEventListener("change", async () => {
    const changed = text.value !== draft.saved && draft.own;
    if (changed && !(await ask("Your changes are not saved. Open the other one all the same?"))) { $("g-open").value = draft.id; return; }
    openDraft($("g-open").value).catch((error) => say(error.message, true));
  });
  $("g-outside").querySelector("button").addEventListener("click", () => openDraft(draft.id).catch((error) => say(error.message, true)));
  $("g-save").addEventListener("click", saveDraft);
  $("g-seed").addEventListener("click", () => { draft.seed += 1; tryDraft(); });
  $("g-photos").addEventListener("click", () => { draft.offset += 1; eight(); tryDraft(); });

  // -- several grammars on one photograph: a column for each, which follows its file --------------------------------
  // `chosen` says of each grammar whether it is shown; a file that is new here is, so that those of a class appear.
  const side = { photo: "", seed: 0, chosen: new Map(), all: [], round: 0 };
  const MOST_OWN = 12, LEAST_SHOWN = 3;
  const several = () => view() === "grammar" && location.hash.endsWith("=several");
  const beginSeveral = async () => {
    try { side.all = (await get("desk")).grammars; } catch (error) { say(error.message, true); return; }
    chooseSide();
    $("s-grammars").replaceChildren(make("legend", {}, "Grammars"), ...side.all.map((each) => {
      const box = make("input", { type: "checkbox", on: { change: () => { side.chosen.set(each.id, box.checked); showSeveral(); } } });
      box.checked = side.chosen.get(each.id);
      return make("label", { class: each.own ? "own" : "" }, box, each.name.replace(/\.json$/, ""));
    }));
    const from = shown.length ? shown : order;
    if (!from.includes(side.photo)) side.photo = from[at] || from[0] || "";
    $("s-photo").replaceChildren(...from.map((id) => make("option", { value: id }, rows.get(id).name)));
    $("s-photo").value = side.photo;
    $("s-photographs").hidden = !from.length;
    showSeveral();
  };
  const chooseSide = () => {
    const first = !side.chosen.size, own = side.all.filter((each) => each.own);
    own.forEach(({ id }, n) => { if (!side.chosen.has(id)) side.chosen.set(id, n < MOST_OWN); });
    const shelf = ["i-can-remember", "haiku", "inventory"].slice(0, Math.max(0, LEAST_SHOWN - own.length));
    for (const { id } of side.all) if (first && !side.chosen.has(id)) side.chosen.set(id, shelf.includes(id));
  };
  const showSeveral = async () => {
    const round = ++side.round, row = rows.get(side.photo), old = new Map([...$("s-poems").children].map((each) => [each.dataset.id, each]));
    $("s-picture").replaceChildren(...(row ? [make("img", { src: picture(row, 1280), alt: alt(row) }), strip(row.colors)] : []));
    const wanted = side.all.filter((each) => side.chosen.get(each.id));
    const columns = wanted.map((each) => old.get(each.id) || make("article", { role: "listitem", "data-id": each.id }, nameOf(each)));
    $("s-poems").replaceChildren(...columns);
    $("s-none").hidden = wanted.length > 0;
    for (const [n, each] of wanted.entries()) {
      const parts = await sideParts(each, row);
      if (round !== side.round) return;
      columns[n].replaceChildren(nameOf(each), ...parts);
    }
  };
  const nameOf = (each) => make("h3", {}, each.name.replace(/\.json$/, ""));
  const sideParts = async ({ id, own }, row) => {
    try {
      const { text: now } = await get(`grammar?id=${encodeURIComponent(id)}`);
      const told = await post("try", { id: own ? id : "", text: now, ids: row ? [row.id] : [], seed: side.seed });
      const wrong = told.problems.filter((each) => each.kind === "error");
      if (wrong.length) return wrong.slice(0, 3).map((each) => make("p", { class: "none" }, `line ${each.line}: ${each.message}`));
      return [...poemParts(told.poems[0]), ...(told.share === undefined ? [] : [make("p", { class: "share" }, `${Math.round(told.share * 100)}% from the photograph`)])];
    } catch (error) { return [make("p", { class: "none" }, error.message)]; }
  };
  const goSide = (by) => {
    const { options } = $("s-photo"), many = options.length;
    if (!many) return;
    $("s-photo").selectedIndex = ($("s-photo").selectedIndex + by + many) % many;
    side.photo = $("s-photo").value;
    showSeveral();
  };
  const reseed = () => { side.seed += 1; showSeveral(); };
  $("s-photo").addEventListener("change", () => goSide(0));
  $("s-before").addEventListener("click", () => goSide(-1));
  $("s-next").addEventListener("click", () => goSide(1));
  $("s-seed").addEventListener("click", reseed);

  // -- paper ------------------------------------------------------------------------------------------------------
  const paper = { asking: 0, drawn: "" };
  const showPaper = (told) => {
    const known = JSON.stringify(told);
    if (known === paper.drawn) return;
    paper.drawn = known;
    const before = $("p-target").value;
    $("p-target").replaceChildren(...told.targets.map((each) => make("option", { value: each }, each)));
    if (told.targets.includes(before)) $("p-target").value = before;
    $("p-none").hidden = told.targets.length > 0;
    $("p-print").hidden = !told.targets.length || reads;
    $("p-trouble").textContent = told.trouble;
    $("p-counts").textContent = Object.entries(told.counts).map(([state, n]) => `${n} ${state === "doubtful" ? "in doubt" : state}`).join(", ") || "Nothing was printed from here yet.";
    $("p-jobs").replaceChildren(...told.jobs.map((job) => make("li", {},
      make("span", { class: job.state }, job.state === "doubtful" ? "in doubt" : job.state), make("span", { class: "name" }, job.name + (job.copy > 1 ? ` (copy ${job.copy})` : "")),
      make("small", {}, job.target + (job.note ? `: ${job.note}` : "")),
      ...(reads || job.state !== "doubtful" ? [] : [make("button", { type: "button", on: { click: () => onPaper("retry", { ids: [job.id] }) } }, "Print again"),
        make("button", { type: "button", on: { click: () => onPaper("skip", { ids: [job.id] }) } }, "Skip")]))));
  };
  const onPaper = async (name, given) => {
    try { const told = await post(name, given); if (told) { showPaper(told); say(told.said); } } catch (error) { say(error.message, true); }
  };
  const askPaper = async () => { try { showPaper(await get("paper")); } catch (error) { say(error.message, true); clearInterval(paper.asking); } };
  const preview = () => {
    const id = $("p-poem").value, kind = $("p-kind").value;
    if (!id) return;
    $("p-image").className = kind;
    $("p-image").alt = `${rows.get(id).name} on ${kind === "plot" ? "a plotter's sheet" : "a receipt"}: ${rows.get(id).lines.join(" / ")}`;
    $("p-image").src = `preview/${id}/${kind}?${version}`;
    $("p-card").href = `preview/${id}/card`;
  };
  const beginPaper = () => {
    const from = shown.length ? shown : order;
    $("p-poem").replaceChildren(...from.map((id) => make("option", { value: id }, rows.get(id).name)));
    if (from.includes(shown[at])) $("p-poem").value = shown[at];
    preview();
    paper.drawn = "";
    askPaper();
    clearInterval(paper.asking);
    paper.asking = setInterval(askPaper, 1000);
  };
  $("p-poem").addEventListener("change", preview);
  $("p-kind").addEventListener("change", preview);
  $("p-send").addEventListener("click", async () => {
    const ids = { shown: shown.filter((id) => rows.get(id).state !== "dropped"), kept: order.filter((id) => rows.get(id).state === "kept"), one: [$("p-poem").value].filter(Boolean) }[$("p-which").value];
    if (!ids.length) { say("There is no such poem.", true); return; }
    if (ids.length > 1 && !(await ask(`Print ${ids.length} poems on ${$("p-target").value}? What it has had is not printed again.`))) return;
    onPaper("print", { ids, target: $("p-target").value });
  });

  // -- the screen: new poems of a running watch, one at a time --------------------------------------------------
  const STAY = 20000, FIRST = 4000;
  let queue = [], slide = null, timer = 0, idle = 0, awake = null;
  const arrived = (row) => {
    if (row.state === "dropped") queue = queue.filter((id) => id !== row.id);
    else if (!queue.includes(row.id)) queue.push(row.id);
    if (view() === "screen" && queue.length && !timer) next();
  };
  const next = () => {
    timer = 0;
    let id = queue.shift();
    while (id && (!rows.has(id) || rows.get(id).state === "dropped")) id = queue.shift();
    if (!id) return;
    const row = rows.get(id), image = make("img", { src: picture(row, 1280), alt: alt(row) });
    const fresh = make("article", { class: "slide", "data-id": id },
      make("figure", {}, image, strip(row.colors)),
      make("div", { class: "text" }, make("h2", { dir: "auto" }, row.title), make("div", { class: "lines" }, ...row.lines.map((line) => make("span", { dir: "auto" }, line)))));
    const old = slide;
    slide = fresh;
    $("screen").append(fresh);
    fit(fresh);
    const on = () => {
      fresh.classList.add("on");
      for (const waiting of $("screen").querySelectorAll(".waiting")) waiting.remove();
      if (old) { old.classList.remove("on"); setTimeout(() => old.remove(), 1700); }
    };
    const soon = () => {
      // The palette is as wide as the picture above it.
      fresh.querySelector(".strip").style.width = image.isConnected ? `${image.offsetWidth}px` : "";
      requestAnimationFrame(() => requestAnimationFrame(on));
    };
    image.decode().then(soon, () => { image.remove(); soon(); });
    timer = setTimeout(next, queue.length ? Math.max(FIRST, STAY / Math.min(4, queue.length)) : FIRST);
  };
  const fit = (article) => {
    const text = article.querySelector(".text"), lines = [...article.querySelectorAll(".lines > span")];
    const whole = (line) => line.offsetHeight < 1.6 * parseFloat(getComputedStyle(line).lineHeight);
    for (let size = 4.2; size >= 1.2; size -= .1) {
      text.style.setProperty("--size", size.toFixed(1));
      const high = text.scrollHeight > innerHeight * (innerWidth < 736 ? .46 : .88);
      // Lines stay whole as long as the letters can be read from across a room.
      if (!high && (size <= 2.6 || lines.every(whole))) return;
    }
  };
  const stir = () => { document.body.classList.remove("idle"); clearTimeout(idle); idle = setTimeout(() => document.body.classList.add("idle"), 2500); };
  const beginScreen = () => {
    document.body.classList.add("showing");
    if (!slide && order.length) { queue = [order.filter((id) => rows.get(id).state !== "dropped").at(-1)].filter(Boolean); next(); }
    else if (queue.length && !timer) next();
    stir();
    if (navigator.wakeLock) navigator.wakeLock.request("screen").then((lock) => { awake = lock; }, () => {});
  };
  const endScreen = () => { document.body.classList.remove("showing", "idle"); if (awake) { awake.release().catch(() => {}); awake = null; } };
  $("screen").addEventListener("pointermove", stir);

  // -- views and keys -------------------------------------------------------------------------------------------
  const VIEWS = ["wall", "poem", "grammar", "paper", "screen"];
  const view = () => { const name = location.hash.slice(1).split("=")[0]; return alone ? "grammar" : VIEWS.includes(name) ? name : "wall"; };
  const turn = () => {
    const now = view();
    editing = null;
    for (const name of VIEWS) $(name).hidden = name !== now;
    for (const link of document.querySelectorAll("#bar nav a")) {
      if (link.getAttribute("href") === `#${now === "poem" ? "wall" : now}`) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    }
    $("filter").hidden = now !== "wall";
    unpoint();
    if (!loaded) return;
    if (now === "wall") { cards.forEach((each) => each.remove()); cards.clear(); draw(); go(at); }
    else scrollTo(0, 0);
    if (now === "poem") showPoem();
    if (now === "grammar") {
      for (const link of document.querySelectorAll("#ways a")) link.toggleAttribute("aria-current", (link.hash === "#grammar=several") === several());
      $("writing").hidden = several();
      $("several").hidden = !several();
      if (several()) beginSeveral(); else beginDraft();
    }
    if (now === "paper") beginPaper(); else clearInterval(paper.asking);
    if (now === "screen") beginScreen(); else endScreen();
  };
  addEventListener("hashchange", turn);
  $("filter").addEventListener("submit", (event) => { event.preventDefault(); go(0); });
  $("words").addEventListener("input", () => { at = 0; sift(); scrollTo(0, 0); });
  $("words").addEventListener("keydown", (event) => { if (event.key === "Escape") { $("words").value = ""; sift(); go(at); event.stopPropagation(); } });
  $("undo").addEventListener("click", undo);
  $("help").addEventListener("click", () => $("keys").showModal());
  const move = (by) => {
    if (view() === "poem") { const n = shown.indexOf(poemId()) + by; if (shown[n]) location.replace(`#poem=${shown[n]}`); }
    else go(document.activeElement && document.activeElement.closest(".card") ? at + by : at);
  };
  const keys = {
    j: () => move(1), k: () => move(-1), " ": () => decide("kept"), x: () => decide("dropped"), r: () => reroll(), g: grammars, e: edit,
    u: undo, "?": () => $("keys").showModal(), "/": () => { location.hash = "#wall"; $("words").focus(); $("words").select(); },
  };
  const wallKeys = { ArrowRight: () => move(1), ArrowLeft: () => move(-1), ArrowDown: () => move(columns()), ArrowUp: () => move(-columns()),
    Home: () => go(0), End: () => go(shown.length - 1), Enter: () => shown.length && open(shown[at]) };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const on = document.activeElement;
    if (on && on.matches("input, textarea, select")) return;
    const now = view(), onButton = on && on.matches("button, a");
    if (now === "screen") { if (event.key === "Escape" && !reads) location.hash = "#wall"; return; }
    const sideKeys = { j: () => goSide(1), k: () => goSide(-1), ArrowRight: () => goSide(1), ArrowLeft: () => goSide(-1), r: reseed };
    if (now === "grammar" || now === "paper") {
      const todo = event.key === "?" ? keys["?"] : several() && Object.hasOwn(sideKeys, event.key) ? sideKeys[event.key] : null;
      if (todo) { event.preventDefault(); todo(); }
      return;
    }
    if (onButton && [" ", "Enter"].includes(event.key)) return;
    let todo = null;
    if (Object.hasOwn(keys, event.key)) todo = keys[event.key];
    else if (now === "wall" && Object.hasOwn(wallKeys, event.key)) todo = wallKeys[event.key];
    else if (now === "poem" && event.key === "Escape") todo = () => { location.hash = "#wall"; };
    if (todo) { event.preventDefault(); todo(); }
  });

  turn();
  look().then(() => { turn(); follow(); });
})();
