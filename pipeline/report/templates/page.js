"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const strings = JSON.parse(document.getElementById("strings").textContent);
  const root = document.documentElement;
  const remember = (key, value) => { try { localStorage.setItem("sft." + key, value); } catch { /* private window */ } };
  const recall = (key) => { try { return localStorage.getItem("sft." + key); } catch { return null; } };

  // ---------------------------------------------------------------- languages
  const isName = /^[a-z][a-z0-9_]*$/;
  const say = (key, values = {}) => {
    const text = strings[root.lang][key] || key.slice(key.indexOf(".") + 1).replaceAll("_", " ");
    return text.replace(/\{(\w+)\}/g, (_, name) => show(values[name]));
  };
  const show = (value) => {
    if (typeof value === "number") return value.toLocaleString("en-US");
    return isName.test(String(value)) ? say("code." + value) : String(value);
  };
  const speak = (language) => {
    root.lang = language;
    for (const one of all("[data-t]")) one.textContent = say(one.dataset.t, JSON.parse(one.dataset.a || "{}"));
    for (const one of all("[data-tl]")) one.setAttribute("aria-label", say(one.dataset.tl));
    for (const one of all("[data-ti]")) one.title = say(one.dataset.ti);
    for (const one of all("[data-tp]")) one.setAttribute("placeholder", say(one.dataset.tp));
    for (const table of all(".grid")) count(table);
  };

  // ---------------------------------------------------------------- tables
  const PAGE = 15;
  const key = (cell) => cell.dataset.v ?? cell.textContent.trim();
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
    table.dataset.found = found;
    count(table);
  };
  const count = (table) => {
    const found = Number(table.dataset.found), total = Number(table.dataset.total);
    const rows = all("tbody tr", table).length;
    const shown = all("tbody tr:not([hidden])", table).length;
    table.querySelector(".all").hidden = shown >= found;
    const line = table.querySelector(".count");
    const partial = found < rows ? "ui.matching" : "ui.of_total";
    line.textContent = shown === total && found === rows ? say("ui.rows", { n: total }) : say(partial, { shown, found, total });
    line.hidden = total <= 5 && found === rows;
  };
  const sort = (table, button) => {
    const column = Number(button.dataset.sort), head = button.closest("th");
    const numeric = ["num", "pct", "float", "change", "interval"].some((kind) => head.classList.contains(kind));
    const was = head.getAttribute("aria-sort");
    const first = numeric ? "descending" : "ascending";
    for (const one of all("th", table)) one.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", was ? { ascending: "descending", descending: "ascending" }[was] : first);
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
    const lines = [all("thead th", table), ...fits.map((row) => [...row.cells])].map((row) => row.map(cell).join(","));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], { type: "text/csv" }));
    link.download = table.closest("section").id + ".csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  for (const table of all(".grid")) {
    table.addEventListener("input", () => update(table));
    table.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.dataset.sort) sort(table, button);
      else if (button?.classList.contains("csv")) save(table);
      else if (button?.classList.contains("all")) { table.dataset.open = "yes"; update(table); }
    });
    update(table);
  }

  // ---------------------------------------------------------------- stories: sft trace in the page
  const stories = JSON.parse(document.getElementById("stories").textContent);
  const story = document.getElementById("story");
  const toast = document.getElementById("toast");
  let timer = 0;
  const copy = (command) => {
    toast.textContent = command;
    toast.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => { toast.hidden = true; }, 6000);
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
  const tell = (id) => {
    document.getElementById("story-title").textContent = say("name.trace") + " " + id;
    const lines = story.querySelector("dl");
    lines.replaceChildren();
    if (!stories[id]) add(lines, "p", say("ui.not_here"));
    for (const [name, value] of stories[id] || []) {
      const row = add(lines, "div");
      add(row, "dt", say("story." + name));
      const cell = add(row, "dd", undefined, { dir: "auto" });
      if (name === "changed") {
        cell.append(code(value[0]) + " · " + code(value[1]) + " ");
        add(cell, "del", value[2]);
        cell.append(" ");
        add(cell, "ins", value[3]);
      } else if (name === "dropped") {
        cell.append(code(value[0]) + " · " + code(value[1]) + " · " + code(value[2]) + (value[3] ? ": " + value[3] : ""));
      } else if (name === "other_id" || name === "parent") {
        add(cell, "button", value, { type: "button", class: "id", "data-id": value });
      } else cell.append(name === "split" ? code(value) : value);
    }
    story.querySelector("code").textContent = "sft trace " + id;
    if (!story.open) story.showModal();
    story.scrollTop = 0;
  };
  story.querySelector(".copy").addEventListener("click", () => copy(story.querySelector("code").textContent));
  story.addEventListener("click", (event) => { if (event.target === story) story.close(); });
  document.addEventListener("click", (event) => {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (id) { answers.hidden = true; tell(id); }
  });
  const ask = document.getElementById("ask"), answers = document.getElementById("answers");
  const find = () => {
    const words = ask.value.trim().toLowerCase();
    answers.hidden = words.length < 2;
    answers.replaceChildren();
    if (answers.hidden) return;
    const fits = Object.entries(stories).filter(([id, lines]) => id.startsWith(words) || lines.some(([name, value]) => (name === "text" || name === "target") && value.toLowerCase().includes(words)));
    for (const [id, lines] of fits.slice(0, 8)) {
      const one = add(answers, "button", undefined, { type: "button", role: "option", "data-id": id });
      add(one, "code", id.slice(0, 8));
      add(one, "span", lines[0][1].slice(0, 110), { dir: "auto" });
    }
    add(answers, "p", say(fits.length ? "ui.answers" : "ui.no_answer", { n: fits.length, all: Object.keys(stories).length }));
    const command = "sft trace '" + ask.value.trim().replaceAll("'", "'\\''") + "'";
    add(answers, "button", command, { type: "button", class: "command" }).addEventListener("click", () => copy(command));
  };
  ask.addEventListener("input", find);
  ask.addEventListener("focus", find);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); ask.focus(); }
    if (event.key === "Escape") answers.hidden = true;
  });
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest("#answers, .ask")) answers.hidden = true; });

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
})();
