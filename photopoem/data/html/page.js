"use strict";
(() => {
  const root = document.documentElement, main = document.getElementById("poems");
  const tip = document.getElementById("tip"), show = document.getElementById("show");
  const articles = [...main.querySelectorAll("article")];
  const buttons = [...document.querySelectorAll("[data-layer]")];
  const wordsOf = (article) => [...article.querySelectorAll(".text > :is(h2, .poem) .w")];

  // Layers: one at a time, by button or key.
  const light = (layer) => {
    if (!layer || root.dataset.lit === layer) delete root.dataset.lit; else root.dataset.lit = layer;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.layer === root.dataset.lit));
  };
  for (const button of buttons) button.addEventListener("click", () => light(button.dataset.layer));

  // The source note of a word, beside it.
  let told = null, pinned = false;
  const tell = (word, pin) => {
    if (told && told !== word) hush();
    const note = document.getElementById(word.getAttribute("href").slice(1));
    if (!note) return;
    told = word; pinned = pin;
    tip.className = word.classList[1];
    tip.replaceChildren(...[...note.childNodes].map((node) => node.cloneNode(true)));
    tip.hidden = false;
    word.classList.add("told");
    word.setAttribute("aria-describedby", "tip");
    place(word);
    dim(word, note);
  };
  // The photograph fades outside the word's region.
  const dim = (word, note) => {
    const picture = word.closest("article").querySelector("img");
    if (!picture || !note.dataset.region) return;
    const [left, top, right, bottom] = note.dataset.region.split(" ").map(Number);
    const ratio = picture.getAttribute("width") / picture.getAttribute("height");
    // In the show the picture is drawn inside its box.
    const wide = Math.min(picture.clientWidth, picture.clientHeight * ratio), high = wide / ratio;
    const x = (picture.clientWidth - wide + (left + right) * wide) / 2, y = (picture.clientHeight - high + (top + bottom) * high) / 2;
    const size = `${(right - left) * wide * .7}px ${(bottom - top) * high * .7}px`;
    picture.style.maskImage = `radial-gradient(${size} at ${x}px ${y}px, #000 75%, rgb(0 0 0 / .3))`;
  };
  const place = (word) => {
    const box = [...word.getClientRects()].pop() || word.getBoundingClientRect();
    const wide = root.clientWidth, own = tip.getBoundingClientRect();
    const under = box.bottom + 8, over = box.top - own.height - 8;
    const top = under + own.height > innerHeight && over > 0 ? over : under;
    tip.style.left = `${Math.max(12, Math.min(box.left, wide - own.width - 12)) + scrollX}px`;
    tip.style.top = `${top + scrollY}px`;
  };
  const hush = () => {
    if (!told) return;
    told.classList.remove("told");
    told.removeAttribute("aria-describedby");
    const picture = told.closest("article").querySelector("img");
    if (picture) picture.style.maskImage = "";
    told = null; pinned = false; tip.hidden = true;
  };
  const wordAt = (event) => event.target instanceof Element ? event.target.closest(".w") : null;
  document.addEventListener("pointerover", (event) => {
    const word = wordAt(event);
    if (word && event.pointerType !== "touch") tell(word, false);
  });
  document.addEventListener("pointerout", (event) => {
    if (wordAt(event) && !pinned && event.pointerType !== "touch" && document.activeElement !== told) hush();
  });
  document.addEventListener("click", (event) => {
    const word = wordAt(event);
    if (word) {
      event.preventDefault();
      if (told === word && pinned) hush(); else tell(word, true);
    } else if (told) hush();
  });
  document.addEventListener("focusin", (event) => { const word = wordAt(event); if (word && told !== word) tell(word, false); });
  document.addEventListener("focusout", (event) => { if (wordAt(event) === told) hush(); });
  addEventListener("resize", hush);

  // Tab stops once at each poem; the arrow keys go from word to word.
  for (const word of main.querySelectorAll(".w")) word.tabIndex = -1;
  for (const article of articles) { const first = article.querySelector(".w"); if (first) first.tabIndex = 0; }
  const step = (by) => {
    const word = document.activeElement, words = wordsOf(word.closest("article"));
    const next = words[words.indexOf(word) + by];
    if (!next) return;
    word.tabIndex = -1; next.tabIndex = 0;
    next.focus();
  };
  const inView = () => {
    const at = articles.findIndex((article) => article.getBoundingClientRect().bottom > 90);
    return at < 0 ? articles.length - 1 : at;
  };
  const go = (by) => {
    const inside = document.activeElement && document.activeElement.closest("main article");
    let at = inside ? articles.indexOf(inside) : inView();
    const before = articles[at].getBoundingClientRect().top > 100;
    if (inside || !(by > 0 && before)) at += by;
    const next = articles[Math.max(0, Math.min(articles.length - 1, at))];
    next.scrollIntoView();
    const word = next.querySelector('.w[tabindex="0"]');
    if (word) word.focus({ preventScroll: true });
  };

  // The slide show: one poem after another.
  let at = 0, timer = 0, paused = false, awake = null, idle = 0, back = 0;
  const showing = () => !show.hidden;
  const seconds = () => Math.max(1, Number((location.hash.match(/^#show=(\d+)$/) || [])[1]) || Number(root.dataset.seconds));
  const slide = (by) => {
    clearTimeout(timer); hush();
    at = (at + by + articles.length) % articles.length;
    const next = articles[at].cloneNode(true);
    for (const each of next.querySelectorAll("[id]")) each.removeAttribute("id");
    next.removeAttribute("id"); next.removeAttribute("aria-labelledby");
    next.setAttribute("aria-roledescription", "slide");
    const picture = next.querySelector("img");
    if (picture) picture.loading = "eager";
    const before = [...show.querySelectorAll("article")];
    show.append(next);
    fit(next);
    const on = () => {
      next.classList.add("on");
      for (const each of before) { each.classList.remove("on"); each.inert = true; setTimeout(() => each.remove(), 1700); }
    };
    const soon = () => requestAnimationFrame(() => requestAnimationFrame(on));
    if (picture) picture.decode().then(soon, soon); else soon();
    if (!paused) timer = setTimeout(() => slide(1), seconds() * 1000);
  };
  const fit = (article) => {
    const picture = article.querySelector("img"), strip = article.querySelector(".strip");
    if (picture && strip) {
      // The palette is as wide as the picture, which is drawn inside its box.
      const wide = Math.min(picture.clientWidth, picture.clientHeight * picture.getAttribute("width") / picture.getAttribute("height"));
      strip.style.width = `${wide}px`;
    }
    const text = article.querySelector(".text"), lines = [...article.querySelectorAll(".line")];
    const one = (line) => line.getClientRects().length && line.offsetHeight < 1.6 * parseFloat(getComputedStyle(line).lineHeight);
    const high = () => text.scrollHeight > innerHeight * (innerWidth < 736 ? .46 : .88);
    for (let size = 4.4; size >= 1.1; size -= .1) {
      text.style.setProperty("--size", size.toFixed(1));
      // Lines stay whole as long as the letters can be read from across a room.
      if (!high() && (size <= 2.6 || lines.every(one))) return;
    }
  };
  const pause = () => {
    paused = !paused;
    clearTimeout(timer);
    const said = show.querySelector(".paused");
    if (said) said.remove();
    if (paused) show.append(Object.assign(document.createElement("p"), { className: "paused", textContent: "paused" }));
    else timer = setTimeout(() => slide(1), seconds() * 1000);
  };
  const stir = () => {
    show.classList.remove("idle");
    clearTimeout(idle);
    idle = setTimeout(() => show.classList.add("idle"), 2500);
  };
  const begin = () => {
    if (showing() || !articles.length) return;
    back = scrollY; at = inView(); paused = false;
    show.hidden = false;
    for (const each of document.querySelectorAll("body > :is(header, nav, main, footer, .skip)")) each.inert = true;
    show.focus({ preventScroll: true });
    slide(0); stir();
    if (navigator.wakeLock) navigator.wakeLock.request("screen").then((lock) => { awake = lock; }, () => {});
  };
  const end = () => {
    if (!showing()) return;
    clearTimeout(timer); hush();
    show.hidden = true; show.replaceChildren();
    for (const each of document.querySelectorAll("body > [inert]")) each.inert = false;
    if (awake) { awake.release().catch(() => {}); awake = null; }
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    scrollTo(0, back);
    const word = articles[at].querySelector('.w[tabindex="0"]');
    articles[at].scrollIntoView();
    if (word) word.focus({ preventScroll: true });
  };
  const leave = () => { history.replaceState(null, "", location.pathname + location.search); end(); };
  const follow = () => { if (/^#show(=\d+)?$/.test(location.hash)) begin(); else end(); };
  addEventListener("hashchange", follow);
  document.querySelector(".start").addEventListener("click", () => {
    if (root.requestFullscreen) root.requestFullscreen().catch(() => {});
  });
  document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement && showing()) leave(); });
  document.addEventListener("visibilitychange", () => {
    if (showing() && document.visibilityState === "visible" && navigator.wakeLock)
      navigator.wakeLock.request("screen").then((lock) => { awake = lock; }, () => {});
  });
  addEventListener("resize", () => { const now = show.querySelector("article:last-of-type"); if (now) fit(now); });
  show.addEventListener("pointermove", stir);

  const keys = {
    "1": () => light("place"), "2": () => light("machine"), "3": () => light("people"), "0": () => light(""),
    j: () => showing() ? slide(1) : go(1), k: () => showing() ? slide(-1) : go(-1),
    s: () => { location.hash = "#show"; },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const onWord = document.activeElement && document.activeElement.matches(".w");
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") { if (told) hush(); else if (showing()) leave(); else light(""); }
    else if (showing() && (by || event.key === " ")) { if (by) slide(by); else pause(); event.preventDefault(); }
    else if (onWord && by) { step(by); event.preventDefault(); }
    else if (Object.hasOwn(keys, event.key)) keys[event.key]();
  });
  follow();
})();
