"use strict";
(() => {
  // Numbers as the tables write them: −6.1, +3.0, 12 %, 0.91 ± 0.02 (4), <0.001, [−6.1, +3.0] %, 1.2e−05, ∞.
  const ONE = "[+\\-−]?(?:\\d+\\.?\\d*(?:e[+\\-−]?\\d+)?|∞)";
  const NUMBER = new RegExp(`^([<>]?) ?\\[?(${ONE})(?:,? ?[±,/] ?${ONE})*\\]?(?: ?%| \\p{L}+)?(?: ?\\(\\d+\\))?$`, "iu");
  const NOTHING = /^[-–—]?$/;
  const letters = new Intl.Collator(undefined, { numeric: true });

  const textOf = (row, column) => {
    const cell = row.cells[column];
    return (cell.dataset.sort ?? cell.textContent).replace(/\s+/g, " ").trim();
  };
  const numberOf = (text) => {
    const found = NUMBER.exec(text);
    if (!found) return NaN;
    const value = Number(found[2].replace(/−/g, "-").replace("∞", "Infinity"));
    const aside = { "<": -1e-9, ">": 1e-9 }[found[1]]; // <0.001 comes just before 0.001
    return aside ? value + aside * Math.abs(value) : value;
  };
  const compared = (texts) => {
    const numbers = new Map(texts.map((text) => [text, numberOf(text)]));
    const numeric = texts.every((text) => NOTHING.test(text) || !Number.isNaN(numbers.get(text)));
    return numeric ? (a, b) => (a === b ? 0 : numbers.get(a) - numbers.get(b) || 0) : letters.compare;
  };
  const sorted = (rows, column, sign) => {
    const keyed = rows.map((row) => [textOf(row, column), row]);
    const order = compared(keyed.map(([text]) => text));
    const ranked = ([a], [b]) => NOTHING.test(a) - NOTHING.test(b) || (NOTHING.test(a) ? 0 : sign * order(a, b));
    return keyed.sort(ranked).map(([, row]) => row);
  };

  const makeSortable = (table) => {
    const body = table.tBodies[0];
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
    if (!body || body.rows.length < 2) return;
    const original = [...body.rows];
    const after = { none: "ascending", ascending: "descending", descending: "none" };
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const order = after[head.getAttribute("aria-sort")];
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", order);
        table.classList.toggle("sorted", order !== "none");
        const rows = order === "none" ? original : sorted([...body.rows], column, order === "ascending" ? 1 : -1);
        body.replaceChildren(...rows);
      });
    });
  };

  // A box that scrolls sideways says so.
  const measure = (box) => {
    const inner = box.querySelector(".wide");
    box.classList.add("measured");
    box.classList.toggle("scrolls", inner.scrollWidth > inner.clientWidth + 1);
  };

  document.querySelectorAll("table.sortable").forEach(makeSortable);
  const sizes = new ResizeObserver((entries) => entries.forEach((entry) => measure(entry.target)));
  document.querySelectorAll(".box").forEach((box) => sizes.observe(box));

  // Paper cannot be opened: what belongs to the answers is printed, and closed again.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.printed:not([open])")];
    opened.forEach((details) => (details.open = true));
  });
  addEventListener("afterprint", () => opened.forEach((details) => (details.open = false)));
})();
