// What tools/screens.py asks a page: each function returns short descriptions of the faults that it sees.
({
  // Elements that reach over the right edge of the page, but for those that scroll in a box of their own.
  overflow() {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const inBox = (one) => {
      for (let up = one.parentElement; up; up = up.parentElement)
        if (getComputedStyle(up).overflowX !== "visible") return true;
      return false;
    };
    return [...document.querySelectorAll("body *")]
      .filter((one) => one.getBoundingClientRect().right > width + 1 && !inBox(one))
      .slice(0, 5)
      .map((one) => one.tagName.toLowerCase() + "." + one.className);
  },

  // Texts of which their own box hides a part; long texts of the data fold on purpose, and open with a click.
  clipped() {
    const hides = (how) => how === "hidden" || how === "clip";
    const isClipped = (one) => {
      const style = getComputedStyle(one), box = one.getBoundingClientRect();
      const own = [...one.childNodes].some((part) => part.nodeType === 3 && part.textContent.trim());
      if (!own || box.width < 4 || style.visibility === "hidden") return false;
      if (one.closest("[hidden], .skip, .md-skip, td.text, td.diff")) return false;
      const wide = hides(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
      return wide || (hides(style.overflowY) && one.scrollHeight > one.clientHeight + 3);
    };
    return [...document.querySelectorAll("body *")]
      .filter(isClipped)
      .slice(0, 5)
      .map((one) => one.tagName.toLowerCase() + "." + one.className + ": " + one.textContent.trim().slice(0, 60));
  },

  // English where words of ours stand: three words in a row, or a raw name_of_ours. Cells of data are left out.
  english() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = new Set();
    const code = "script, style, template, svg title, code, pre, kbd, bdi, button.id, .brand, .chip, .who";
    for (let node; (node = walker.nextNode()); ) {
      const one = node.parentElement, text = node.textContent.trim();
      if (one.closest(code) || /[\u4e00-\u9fff]/.test(text)) continue;
      const isRaw = /\b[a-z]+_[a-z_]+\b/.test(text), isSentence = /[A-Za-z]{2,}( [a-z]{2,}){2,}/.test(text);
      if (one.closest("[data-t]") ? isRaw || isSentence : one.closest("td, option, svg, th, dd")
        ? isRaw && one.closest("td.figures, td.code, td.phrase") : isRaw || isSentence) found.add(text.slice(0, 100));
    }
    return [...found];
  },
})
