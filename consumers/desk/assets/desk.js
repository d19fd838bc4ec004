// Live where script runs: says that something came, never what. Everything works without this.
import { initAll } from "./govuk-frontend.min.js";

initAll();

const news = document.getElementById("news");
if (news && document.querySelector(".desk-nav") && !document.querySelector(".desk-form")) {
  const source = new EventSource("/live");
  source.addEventListener("came", async () => {
    const list = document.querySelector("[data-live]");
    const here = list && list.dataset.live === "here";
    news.textContent = here ? "This page was brought up to date. " : "Something has come. ";
    if (list && (here || (location.pathname === "/" && !location.search))) {
      const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
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
    news.append(link);
  });
}
