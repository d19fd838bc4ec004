// Live where script runs: says that something came, never what. Everything works without this.
import { initAll } from "./govuk-frontend.min.js";

initAll();

// What somebody has begun to write is kept when their session is locked.
document.addEventListener("input", (event) => event.target.form?.setAttribute("data-written", ""));

const news = document.getElementById("news");
if (news && document.querySelector(".desk-nav")) {
  const source = new EventSource("/live");
  const leave = async () => {
    source.close();
    document.body.hidden = true;
    let next = location.pathname + location.search;
    for (const form of document.querySelectorAll("form[data-written]")) {
      const written = new URLSearchParams(new FormData(form));
      written.set("page", new URL(form.action || location.href).pathname);
      await fetch("/unsaved", { method: "POST", body: written, redirect: "manual" }).catch(() => {});
      next = "/unsaved";
    }
    location.replace("/sign-in?next=" + encodeURIComponent(next));
  };
  source.addEventListener("locked", leave);
  source.addEventListener("error", async () => {
    if (source.readyState === EventSource.CLOSED && (await fetch("/key")).status === 401) leave();
  });
  source.addEventListener("came", async () => {
    const writes = document.querySelector(".desk-form") !== null;
    const list = document.querySelector("[data-live]");
    const here = list && !writes && list.dataset.live === "here";
    news.textContent = here ? "This page was brought up to date. " : "Something has come. ";
    if (list && !writes && (here || (location.pathname === "/" && !location.search))) {
      const answer = await fetch(location.pathname + location.search, { headers: { accept: "text/html" } });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("[data-live]");
        if (fresh) list.replaceWith(fresh);
        return;
      }
    }
    const link = document.createElement("a");
    link.href = "/";
    link.textContent = "Open the inbox";
    if (writes) link.target = "_blank"; // nothing leads away from what is written
    news.append(link);
  });
}
