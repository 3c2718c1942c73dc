// Shows what has happened since the page was loaded, without touching what somebody is typing.
"use strict";
(() => {
  const announcement = document.getElementById("announcement");
  let version = document.body.dataset.version;

  const toTheEnd = () => document.querySelectorAll(".scroll").forEach((box) => { box.scrollTop = box.scrollHeight; });
  const phonesOn = (page) => [...page.querySelectorAll("#row > section")].map((phone) => phone.id).join(" ");
  const isWriting = () => [...document.querySelectorAll("textarea")].some((box) => box.value.trim() || box === document.activeElement);
  const heading = (box) => (box.closest("section")?.querySelector("h2")?.textContent ?? "").trim();

  const show = (page) => {
    const row = document.getElementById("row");
    const fresh = page.getElementById("row");
    if (row && fresh && phonesOn(document) !== phonesOn(page) && !isWriting() && !row.contains(document.activeElement)) {
      row.replaceChildren(...fresh.childNodes);
      announcement.textContent = "The phones have changed.";
      return;
    }
    document.querySelectorAll("[data-live]").forEach((box) => {
      const now = page.getElementById(box.id);
      if (!now || now.innerHTML === box.innerHTML || box.contains(document.activeElement)) return;
      box.innerHTML = now.innerHTML;
      if (box.id !== "clock") announcement.textContent = `Something new: ${heading(box)}`;
    });
  };

  const look = async () => {
    try {
      const answer = await (await fetch("/changes")).json();
      if (String(answer.version) === version) return;
      const words = await (await fetch(location.pathname + location.search)).text();
      show(new DOMParser().parseFromString(words, "text/html"));
      version = String(answer.version);
      toTheEnd();
    } catch {
      announcement.textContent = "The simulation does not answer. It may have been stopped.";
    }
  };

  toTheEnd();
  setInterval(look, 1500);
})();
