"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const strings = JSON.parse(document.getElementById("strings").textContent);
  const root = document.documentElement;
  const remember = (key, value) => { try { localStorage.setItem("sft." + key, value); } catch { /* private window */ } };
  const recall = (key) => { try { return localStorage.getItem("sft." + key); } catch { return null; } };

  // ---------------------------------------------------------------- languages
  const isName = /^[a-z][a-z0-9_]*$/;
  const KINDS = ["fact", "col", "code", "table"];
  const lookUp = (key) => {
    const words = strings[root.lang], [kind, name] = [key.slice(0, key.indexOf(".")), key.slice(key.indexOf(".") + 1)];
    if (words[key] || !KINDS.includes(kind)) return words[key];
    if (name.startsWith("meta_")) return name.slice(5); // a column of the data's own, by its own name
    const other = KINDS.find((one) => words[one + "." + name]);
    return other && words[other + "." + name];
  };
  const say = (key, values = {}) => {
    const text = lookUp(key) || key.slice(key.indexOf(".") + 1).replaceAll("_", " ");
    return text.replace(/\{(\w+)\}/g, (_, name) => show(values[name]));
  };
  const show = (value) => {
    if (typeof value === "number") return value.toLocaleString("en-US");
    if (value && typeof value === "object") {
      if ("w" in value) return ((root.lang === "zh" || value.w.includes("_")) && strings[root.lang]["code." + value.w]) || value.w;
      if ("names" in value) return value.names.map((one) => "“" + show(one) + "”").join(root.lang === "zh" ? "、" : ", ") + (value.more ? " +" + value.more : "");
      return say(value.k, value.a);
    }
    return isName.test(String(value)) ? say("code." + value) : String(value);
  };
  const speak = (language) => {
    root.lang = language;
    translate(document);
    for (const table of all(".grid")) count(table);
    markAll();
  };
  const translate = (part) => {
    for (const one of all("[data-t]", part)) one.textContent = say(one.dataset.t, JSON.parse(one.dataset.a || "{}"));
    for (const one of all("[data-tl]", part)) one.setAttribute("aria-label", say(one.dataset.tl));
    for (const one of all("[data-ti]", part)) one.title = say(one.dataset.ti);
    for (const one of all("[data-tp]", part)) one.setAttribute("placeholder", say(one.dataset.tp));
  };

  // ---------------------------------------------------------------- tables
  const PAGE = 15;
  const key = (cell) => cell.dataset.v ?? cell.textContent.trim();
  // Rows beyond the first lie in a template until they are asked for: the page stays light.
  const unpack = (table) => {
    const rest = table.querySelector(":scope > template");
    if (!rest) return;
    const rows = rest.content.cloneNode(true);
    rest.remove();
    translate(rows);
    table.querySelector("tbody").append(rows);
    if (table.dataset.decide) markAll();
  };
  const update = (table) => {
    const words = (table.querySelector("input")?.value || "").toLowerCase().split(/\s+/).filter(Boolean);
    const picks = all("select", table).filter((one) => one.value).map((one) => [Number(one.dataset.column), one.value]);
    const open = table.dataset.open === "yes" ? Infinity : PAGE;
    let found = 0;
    for (const row of all("tbody tr", table)) {
      const text = row.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word)) && picks.every(([n, value]) => key(row.cells[n]) === value);
      row.dataset.fits = fits ? "yes" : "no";
      row.hidden = !fits || ++found > open;
    }
    table.dataset.found = found + packed(table);
    count(table);
  };
  const packed = (table) => table.querySelector(":scope > template")?.content.querySelectorAll("tr").length || 0;
  const count = (table) => {
    const found = Number(table.dataset.found), total = Number(table.dataset.total);
    const rows = all("tbody tr", table).length + packed(table);
    const shown = all("tbody tr:not([hidden])", table).length;
    table.querySelector(".all").hidden = shown >= found;
    const line = table.querySelector(".count");
    const partial = found === rows ? "ui.of_total" : rows < total && table.querySelector("a.file") ? "ui.matching_part" : "ui.matching";
    const values = { shown, found, total, rows };
    line.textContent = shown === total && found === rows ? say("ui.rows", { n: total }) : say(partial, values);
    line.hidden = total <= 5 && found === rows;
  };
  const sort = (table, button, order) => {
    const column = Number(button.dataset.sort), head = button.closest("th");
    unpack(table);
    const numeric = ["num", "pct", "float", "change", "interval"].some((kind) => head.classList.contains(kind));
    const was = head.getAttribute("aria-sort");
    const first = numeric ? "descending" : "ascending";
    for (const one of all("th", table)) one.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order || (was ? { ascending: "descending", descending: "ascending" }[was] : first));
    const sign = head.getAttribute("aria-sort") === "ascending" ? 1 : -1;
    const compare = (a, b) => {
      const x = key(a.cells[column]), y = key(b.cells[column]);
      if (x === "" || y === "") return (x === "") - (y === "");
      return sign * (numeric ? Number(x) - Number(y) : x.localeCompare(y, root.lang));
    };
    const body = table.querySelector("tbody");
    body.append(...all("tr", body).sort(compare));
    update(table);
  };
  // What the filters let through, ids in full; a cell that a spreadsheet would run as a formula is quoted.
  const save = (table) => {
    const cell = (one) => {
      const text = (one.querySelector("[data-id]")?.dataset.id ?? (one.dataset.v ?? one.textContent)).trim();
      return '"' + (/^[=+@\t\r-]/.test(text) && isNaN(text) ? "'" + text : text).replaceAll('"', '""') + '"';
    };
    const fits = all("tbody tr", table).filter((row) => row.dataset.fits !== "no");
    const shown = (row) => row.filter((one) => !one.classList.contains("decide")).map(cell).join(",");
    const lines = [all("thead th", table), ...fits.map((row) => [...row.cells])].map(shown);
    download(table.closest("section").id + ".csv", "\ufeff" + lines.join("\r\n") + "\r\n", "text/csv");
  };
  const download = (name, text, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  // ---------------------------------------------------------------- addresses: #section/table?column=value&q=words&sort=-column
  const keyOf = (table, column) => all("thead th", table)[column].dataset.key;
  const address = (table) => {
    const state = new URLSearchParams();
    for (const one of all("select", table)) if (one.value) state.set(keyOf(table, one.dataset.column), one.value);
    const words = table.querySelector("input")?.value.trim();
    if (words) state.set("q", words);
    const sorted = table.querySelector("th[aria-sort]");
    if (sorted) state.set("sort", (sorted.getAttribute("aria-sort") === "descending" ? "-" : "") + sorted.dataset.key);
    const text = state.toString();
    return "#" + table.closest("section").id + "/" + encodeURIComponent(table.dataset.name) + (text ? "?" + text : "");
  };
  const keep = (table) => history.replaceState(null, "", address(table));
  const unfold = (place) => {
    for (let one = place.closest("details") || place.querySelector("details.fold"); one; one = one.parentElement?.closest("details")) one.open = true;
  };
  const restore = (table, state) => {
    unpack(table);
    for (const one of all("select", table)) one.value = state.get(keyOf(table, one.dataset.column)) || "";
    const input = table.querySelector("input");
    if (input) input.value = state.get("q") || "";
    const order = state.get("sort") || "", head = order && all("thead th", table).find((one) => one.dataset.key === order.replace(/^-/, ""));
    if (head) sort(table, head.querySelector("button"), order.startsWith("-") ? "descending" : "ascending");
    update(table);
  };
  const go = () => {
    const [path, query] = location.hash.slice(1).split("?");
    const [name, rest] = path.split("/").map(decodeURIComponent);
    if (name === "record" && rest) { tell(rest); return; }
    const section = name && document.getElementById(name);
    if (!section) return;
    unfold(section);
    const hidden = rest && all("details.lazy", section).find((one) => one.querySelector(":scope > template")?.content.querySelector('[data-name="' + CSS.escape(rest) + '"]'));
    if (hidden) { fill(hidden); hidden.open = true; }
    const table = rest && all(".grid", section).find((one) => one.dataset.name === rest);
    if (table) { unfold(table); restore(table, new URLSearchParams(query || "")); }
    (table || section).scrollIntoView();
  };
  const wire = (table) => {
    table.addEventListener("input", () => { unpack(table); update(table); keep(table); });
    table.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.sort) { sort(table, button); keep(table); }
      else if (button?.classList.contains("csv")) { unpack(table); update(table); save(table); }
      else if (button?.classList.contains("all")) { unpack(table); table.dataset.open = "yes"; update(table); }
      else if (!getSelection().toString()) event.target.closest("td.text, td.diff")?.classList.toggle("open");
    });
    update(table);
  };
  all(".grid").forEach(wire);
  // What else a stage noted lies in a template until it is opened.
  const fill = (details) => {
    const rest = details.querySelector(":scope > template");
    const part = rest.content.cloneNode(true);
    translate(part);
    rest.replaceWith(part);
    all(".grid", details).forEach(wire);
  };
  for (const one of all("details.lazy")) one.addEventListener("toggle", () => { if (one.querySelector(":scope > template")) fill(one); });

  // ---------------------------------------------------------------- decisions: kept in this browser, saved as a file
  const form = document.getElementById("review-decisions");
  const shelf = "decisions." + form.dataset.project;
  let decided = {};
  try { decided = JSON.parse(recall(shelf) || "{}"); } catch { /* not ours */ }
  const keyFor = { a: "accept", c: "change", k: "keep", d: "drop" };
  const mark = (row) => {
    const one = decided[row.dataset.record], cell = row.querySelector("td.decide");
    if (!cell) return;
    row.dataset.decided = one?.decision || "";
    cell.replaceChildren();
    if (!row.dataset.record) return;
    if (one) add(cell, "b", say("decide." + one.decision) + (one.decision === "change" ? ": " + one.value : ""));
    else add(cell, "button", say("ui.decide"), { type: "button", class: "ask-me", tabindex: "-1" });
  };
  const markAll = () => {
    all("tr[data-record], tr:has(td.decide)").forEach(mark);
    const n = Object.keys(decided).length;
    form.hidden = !n;
    form.querySelector(".n").textContent = say("ui.n_decisions", { n });
  };
  const decide = (row, decision, value) => {
    const list = JSON.parse(row.closest(".grid").dataset.decide).list, id = row.dataset.record;
    if (!decision) delete decided[id];
    else decided[id] = { record_id: id, decision, value: value ?? null, created_at: new Date().toISOString(), list, text_id: row.dataset.text || null };
    remember(shelf, JSON.stringify(decided));
    for (const one of all("tr[data-record]")) if (one.dataset.record === id) mark(one);
    markAll();
  };
  const step = (row, by) => {
    const rows = all("tbody tr:not([hidden])", row.closest("table")).filter((one) => one.dataset.record);
    rows[rows.indexOf(row) + by]?.focus();
  };
  const choose = (row, choice) => {
    const offered = JSON.parse(row.closest(".grid").dataset.decide);
    if (!offered.choices.includes(choice)) return;
    if (choice === "change") {
      const cell = row.querySelector("td.decide");
      cell.replaceChildren();
      const select = add(cell, "select", undefined, { "aria-label": say("decide.change") });
      add(select, "option", "…", { value: "" });
      for (const label of offered.labels) add(select, "option", label, { value: label });
      select.addEventListener("change", () => { if (select.value) { decide(row, "change", select.value); row.focus(); step(row, 1); } });
      select.addEventListener("keydown", (event) => { event.stopPropagation(); if (event.key === "Escape") { mark(row); row.focus(); } });
      select.addEventListener("input", (event) => event.stopPropagation());
      select.focus();
      return;
    }
    const label = { accept: row.dataset.suggested, keep: row.dataset.given }[choice];
    if (choice === "accept" && label === undefined) { hint(say("ui.nothing_suggested")); return; }
    decide(row, choice, label === undefined ? null : JSON.parse(label));
    step(row, 1);
  };
  const menu = (row) => {
    const cell = row.querySelector("td.decide");
    cell.replaceChildren();
    for (const choice of JSON.parse(row.closest(".grid").dataset.decide).choices) {
      if (choice === "accept" && row.dataset.suggested === undefined) continue;
      add(cell, "button", say("decide." + choice), { type: "button", class: "choice", "data-choice": choice });
    }
    cell.querySelector("button")?.focus();
  };
  const takeKeys = (event) => {
    const row = event.target.closest?.("tr[data-record]");
    if (!row || event.target !== row || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (keyFor[key]) choose(row, keyFor[key]);
    else if (key === "u") decide(row, null);
    else if (key === "arrowdown" || key === "j") step(row, 1);
    else if (key === "arrowup" || key === "i") step(row, -1);
    else if (key === "enter") menu(row);
    else return;
    event.preventDefault();
  };
  document.addEventListener("keydown", takeKeys);
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-record]");
    if (!row) return;
    if (event.target.closest(".ask-me") || (event.target.closest("td.decide b"))) menu(row);
    const choice = event.target.closest("[data-choice]")?.dataset.choice;
    if (choice) { choose(row, choice); }
  });
  form.elements.reviewer.value = recall("reviewer") || "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const reviewer = form.elements.reviewer.value.trim();
    if (!reviewer) return;
    remember("reviewer", reviewer);
    const lines = Object.values(decided).map((one) => JSON.stringify({ ...one, reviewer }));
    const name = reviewer.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "reviewer";
    const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, "");
    download("decisions-" + name + "-" + time + ".jsonl", lines.join("\n") + "\n", "application/x-ndjson");
    hint(say("ui.decisions_go") + " data/annotations/decisions/");
  });
  form.querySelector(".clear").addEventListener("click", () => {
    decided = {};
    remember(shelf, "{}");
    markAll();
  });

  // ---------------------------------------------------------------- record histories: sft trace in the page
  // A line that several histories have stands once among `lines`; they hold its number.
  const { lines: shared, records: histories } = JSON.parse(document.getElementById("record-histories").textContent);
  for (const one of Object.values(histories)) one.forEach((line, n) => { if (typeof line === "number") one[n] = shared[line]; });
  const dialog = document.getElementById("record-history");
  const toast = document.getElementById("toast");
  let timer = 0;
  const hint = (text) => {
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => { toast.hidden = true; }, 6000);
  };
  const copy = (command) => {
    hint(command);
    navigator.clipboard?.writeText(command).then(() => { toast.textContent = command + "  ·  " + say("ui.copied"); }, () => {});
  };
  const add = (parent, name, text, more = {}) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(more)) made.setAttribute(key, value);
    parent.append(made);
    return made;
  };
  const code = (value) => isName.test(String(value)) ? say("code." + value) : String(value);
  let before = "";
  const tell = (id) => {
    document.getElementById("record-history-title").textContent = say("name.trace") + " " + id;
    const lines = dialog.querySelector("dl");
    lines.replaceChildren();
    if (!histories[id]) add(lines, "p", say("ui.not_here"));
    for (const [name, value] of histories[id] || []) {
      const row = add(lines, "div");
      add(row, "dt", say("record_history." + name));
      const cell = add(row, "dd", undefined, { dir: "auto" });
      if (name === "changed") {
        cell.append(code(value[0]) + " · " + code(value[1]) + " ");
        add(cell, "del", value[2]);
        cell.append(" ");
        add(cell, "ins", value[3]);
      } else if (name === "dropped") {
        cell.append(code(value[0]) + " · " + code(value[1]) + " · " + code(value[2]) + (value[3] ? ": " + (typeof value[3] === "string" ? value[3] : show(value[3])) : ""));
      } else if (name === "other_id" || name === "parent") {
        add(cell, "button", value, { type: "button", class: "id", "data-id": value });
      } else if (name === "label_by") {
        cell.append(show(value[0]) + (value[1] ? " (" + value[1] + ")" : ""));
      } else cell.append(name === "split" ? code(value) : value);
    }
    dialog.querySelector("code").textContent = "sft trace " + id;
    dialog.querySelector(".copy.id").dataset.copy = id;
    if (!dialog.open) { before = location.hash; dialog.showModal(); }
    history.replaceState(null, "", "#record/" + id);
    dialog.scrollTop = 0;
  };
  dialog.addEventListener("close", () => history.replaceState(null, "", before.startsWith("#record/") ? location.pathname + location.search : before || location.pathname + location.search));
  dialog.querySelector(".copy").addEventListener("click", () => copy(dialog.querySelector("code").textContent));
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.addEventListener("click", (event) => {
    const text = event.target.closest("[data-copy]")?.dataset.copy;
    if (text) { copy(text); return; }
    if (event.target.closest("a.file")) hint(say("ui.alone"));
    const id = event.target.closest("button[data-id], circle[data-id]")?.dataset.id;
    if (id) { shut(); tell(id); }
  });
  const ask = document.getElementById("ask"), answers = document.getElementById("answers");
  const shut = () => { answers.hidden = true; ask.setAttribute("aria-expanded", "false"); };
  const find = () => {
    const words = ask.value.trim().toLowerCase();
    if (words.length < 2) { shut(); return; }
    answers.hidden = false;
    ask.setAttribute("aria-expanded", "true");
    answers.replaceChildren();
    const fits = Object.entries(histories).filter(([id, lines]) => id.startsWith(words) || lines.some(([name, value]) => (name === "text" || name === "target") && value.toLowerCase().includes(words)));
    for (const [id, lines] of fits.slice(0, 8)) {
      const one = add(answers, "button", undefined, { type: "button", role: "option", "data-id": id });
      add(one, "code", id.slice(0, 8));
      add(one, "span", lines[0][1].slice(0, 110), { dir: "auto" });
    }
    add(answers, "p", say(fits.length ? "ui.answers" : "ui.no_answer", { n: fits.length, all: Object.keys(histories).length }));
    const command = "sft trace '" + ask.value.trim().replaceAll("'", "'\\''") + "'";
    add(answers, "button", command, { type: "button", class: "command" }).addEventListener("click", () => copy(command));
  };
  ask.addEventListener("input", find);
  ask.addEventListener("focus", find);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); ask.focus(); }
    if (event.key === "Escape") { if (answers.contains(document.activeElement)) ask.focus(); shut(); }
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !answers.hidden && (event.target === ask || answers.contains(event.target))) {
      const places = [ask, ...all("button", answers)], now = places.indexOf(document.activeElement);
      places[(now + (event.key === "ArrowDown" ? 1 : places.length - 1)) % places.length].focus();
      event.preventDefault();
    }
  });
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest("#answers, .ask")) shut(); });
  document.addEventListener("focusin", (event) => { if (!event.target.closest("#answers, .ask")) shut(); });

  // ---------------------------------------------------------------- map: zoom and move
  const WHOLE = [-8, -8, 1016, 436];
  const view = (svg) => svg.getAttribute("viewBox").split(" ").map(Number);
  const look = (svg, [x, y, width, height]) => {
    const w = Math.min(Math.max(width, WHOLE[2] / 40), WHOLE[2]), h = w * WHOLE[3] / WHOLE[2];
    const inside = (at, size, start, whole) => Math.min(Math.max(at, start), start + whole - size);
    svg.setAttribute("viewBox", [inside(x, w, WHOLE[0], WHOLE[2]), inside(y, h, WHOLE[1], WHOLE[3]), w, h].map((n) => n.toFixed(2)).join(" "));
    svg.style.setProperty("--zoom", w / WHOLE[2]);
    svg.classList.toggle("near", w < WHOLE[2]);
    for (const one of all("circle", svg)) one.setAttribute("r", (4 * Math.sqrt(w / WHOLE[2])).toFixed(2));
    for (const one of all("text", svg)) one.style.fontSize = (12.5 * w / WHOLE[2]) + "px";
  };
  // `by` times nearer, around a point of the picture (shares of its width and height).
  const zoom = (svg, by, across = 0.5, down = 0.5) => {
    const [x, y, width, height] = view(svg);
    const w = Math.min(Math.max(width / by, WHOLE[2] / 40), WHOLE[2]), h = w * height / width;
    look(svg, by ? [x + (width - w) * across, y + (height - h) * down, w, h] : WHOLE);
  };
  const move = (svg, across, down) => {
    const [x, y, width, height] = view(svg);
    look(svg, [x + across * width, y + down * height, width, height]);
  };
  const STEPS = { ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0], ArrowUp: [0, -0.2], ArrowDown: [0, 0.2] };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (button) zoom(button.closest("figure").querySelector("svg"), Number(button.dataset.zoom));
  });
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.(".map svg")) return;
    const by = { "+": 1.6, "=": 1.6, "-": 0.625, 0: 0 }[event.key];
    if (by !== undefined) zoom(event.target, by);
    else if (STEPS[event.key]) move(event.target, ...STEPS[event.key]);
    else return;
    event.preventDefault();
  });
  for (const svg of all(".map svg")) {
    // A wheel alone scrolls the page; with Ctrl, or on a map that is near already, it zooms.
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !svg.classList.contains("near")) return;
      const box = svg.getBoundingClientRect();
      zoom(svg, event.deltaY < 0 ? 1.25 : 0.8, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
      event.preventDefault();
    }, { passive: false });
    let from = null;
    svg.addEventListener("pointerdown", (event) => { if (svg.classList.contains("near") && !event.target.closest("circle")) { from = event; svg.setPointerCapture(event.pointerId); } });
    svg.addEventListener("pointermove", (event) => {
      if (!from) return;
      const box = svg.getBoundingClientRect();
      move(svg, (from.clientX - event.clientX) / box.width, (from.clientY - event.clientY) / box.height);
      from = event;
    });
    for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, () => { from = null; });
    svg.addEventListener("dblclick", (event) => {
      const box = svg.getBoundingClientRect();
      zoom(svg, 2, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    });
  }

  // ---------------------------------------------------------------- page
  document.getElementById("language").addEventListener("click", () => {
    speak(root.lang === "en" ? "zh" : "en");
    remember("language", root.lang);
  });
  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    remember("theme", root.dataset.theme);
  });
  document.getElementById("print").addEventListener("click", () => print());
  const folds = all("details.fold");
  document.getElementById("unfold").addEventListener("click", (event) => {
    const open = folds.some((one) => !one.open);
    for (const one of folds) one.open = open;
    event.currentTarget.querySelector("span").dataset.t = open ? "ui.fold" : "ui.unfold";
    translate(event.currentTarget.parentElement);
  });
  let folded = [];
  addEventListener("beforeprint", () => { folded = folds.filter((one) => !one.open); for (const one of folds) one.open = true; });
  addEventListener("afterprint", () => { for (const one of folded) one.open = false; });
  addEventListener("hashchange", go);
  // A link to the address that stands there already changes nothing: go there all the same.
  document.addEventListener("click", (event) => { if (event.target.closest("a")?.getAttribute("href") === location.hash) go(); });
  const links = new Map(all("nav a").map((one) => [one.hash.slice(1), one]));
  const watch = new IntersectionObserver((seen) => {
    for (const one of seen) if (one.isIntersecting) {
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(one.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-15% 0px -75% 0px" });
  for (const section of all("main > section")) watch.observe(section);
  if (recall("theme")) root.dataset.theme = recall("theme");
  const wanted = recall("language");
  if (wanted && strings[wanted] && wanted !== root.lang) speak(wanted);
  markAll();
  go();
})();
