"use strict";
// The page works without this file. With it, the list grows by itself, a callback opens beside the list, and keys move.
(() => {
  const rows = document.getElementById("rows");
  const detail = document.getElementById("detail");
  const state = document.getElementById("state");
  const pause = document.getElementById("pause");
  const table = rows && rows.closest("table");
  const most = table ? Number(table.dataset.most) : 0;
  let chosen = document.querySelector("#detail article")?.dataset.number;
  let paused = false;
  let waiting = [];
  let leftOut = 0;

  const mark = () => {
    for (const row of rows.children) {
      if (row.dataset.number === chosen) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  };

  const say = (text) => {
    if (state.textContent !== text) state.textContent = text;
  };

  const tell = () => {
    const parts = [paused ? `paused, ${waiting.length} waiting` : "live"];
    if (leftOut > 0) parts.push("many came at once: only the newest are shown");
    say(parts.join("; "));
  };

  // Puts rows where their numbers belong, and takes away the oldest ones.
  const put = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    for (const row of [...template.content.children].reverse()) {
      if (row.dataset.leftOut) {
        leftOut += Number(row.dataset.leftOut);
        continue;
      }
      const old = document.getElementById(row.id);
      if (old) {
        const hadFocus = old.contains(document.activeElement);
        old.replaceWith(row);
        if (hadFocus) row.querySelector("a.open").focus();
        continue;
      }
      const number = Number(row.dataset.number);
      const after = [...rows.children].find((it) => Number(it.dataset.number) < number);
      if (!after && rows.children.length >= most) continue;
      rows.insertBefore(row, after || null);
    }
    while (rows.children.length > most) rows.lastElementChild.remove();
    document.getElementById("nothing")?.remove();
    mark();
  };

  if (table && table.dataset.live) {
    const source = new EventSource(table.dataset.live);
    source.addEventListener("ready", tell);
    source.addEventListener("error", () => say("the receiver does not answer; trying again"));
    source.addEventListener("rows", (event) => {
      if (paused) {
        waiting.push(event.data);
        if (waiting.length > 20) waiting.shift();
      } else put(event.data);
      tell();
    });
    pause.hidden = false;
    pause.addEventListener("click", () => {
      paused = !paused;
      pause.textContent = paused ? "Go on" : "Pause";
      waiting.forEach(put);
      waiting = [];
      tell();
    });
  }

  const show = async (pane, page, focus) => {
    const answer = await fetch(pane);
    detail.innerHTML = await answer.text();
    chosen = detail.querySelector("article")?.dataset.number;
    if (page) history.pushState({ pane }, "", page);
    mark();
    if (focus) {
      detail.focus();
      detail.scrollIntoView({ block: "nearest" });
    }
  };

  const close = (page) => {
    const back = rows.querySelector("[aria-current] a.open");
    detail.replaceChildren();
    chosen = undefined;
    if (page) history.pushState({}, "", page);
    mark();
    back?.focus();
  };

  const said = (node, text) => {
    const place = node.closest("article").querySelector(".said");
    place.textContent = text;
  };

  document.addEventListener("click", async (event) => {
    const target = event.target.closest("[data-pane], [data-copy], [data-again], [data-close]");
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      if ("pane" in target.dataset) {
        await show(target.dataset.pane, target.href, true);
      } else if ("copy" in target.dataset) {
        const text = await (await fetch(target.href)).text();
        await navigator.clipboard.writeText(text);
        said(target, "copied");
      } else if ("again" in target.dataset) {
        const headers = { "x-imhook": "again" };
        const answer = await fetch(target.dataset.again, { method: "POST", headers });
        said(target, (await answer.text()).trim());
      } else {
        close(target.href);
      }
    } catch {
      if (target.closest("article")) said(target, "that did not work");
    }
  });

  addEventListener("popstate", () => location.reload());

  const move = (step) => {
    const links = [...rows.querySelectorAll("a.open")];
    const row = document.activeElement.closest("#rows tr");
    const now = links.findIndex((it) => it.closest("tr") === row);
    const next = now < 0 ? 0 : Math.min(Math.max(now + step, 0), links.length - 1);
    links[next]?.focus();
  };

  document.addEventListener("keydown", (event) => {
    if (!rows || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, pre, .wide")) return;
    switch (event.key) {
      case "j":
        move(1);
        break;
      case "k":
        move(-1);
        break;
      case "ArrowDown":
      case "ArrowUp":
        if (!event.target.closest("#rows")) return;
        move(event.key === "ArrowDown" ? 1 : -1);
        break;
      case "/":
        document.getElementById("text").focus();
        break;
      case "Escape":
        if (!chosen) return;
        close(detail.querySelector("[data-close]").href);
        break;
      default:
        return;
    }
    event.preventDefault();
  });
})();
