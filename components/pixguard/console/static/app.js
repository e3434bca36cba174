// The page: who asks, one stream of what is new, and the cards that show it.
import { h, say } from "./dom.js";
import { choose, language, other, t, word } from "./language.js";
import { decisions } from "./decisions.js";
import { held } from "./held.js";
import { releases } from "./releases.js";
import { serving } from "./serving.js";
import { traffic } from "./traffic.js";
import { watched } from "./watched.js";

const at = (id) => document.getElementById(id);
const LATE_MS = 5000;
const newest = {};
let session = null;
let cards = [];
let stream = null;
let heard = 0;

/** Asks the server for something that writes. Returns [status, answer]. */
export async function send(path, data) {
  const headers = { "content-type": "application/json", "x-csrf-token": session?.csrf ?? "" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(data), credentials: "same-origin" });
  return [answer.status, await answer.json().catch(() => ({}))];
}

export const tell = (text) => say(at("said"), text);

function draw() {
  document.documentElement.lang = language();
  for (const [id, key] of [["skip", "skip"], ["leave", "sign_out"], ["login-title", "sign_in"], ["login-button", "sign_in"],
    ["login-label", "token"], ["login-help", session?.proxied ? "login_proxy" : "login_help"]]) say(at(id), t(key));
  const next = other();
  say(at("language"), next === "pt" ? "Português" : "English");
  at("language").lang = next === "pt" ? "pt-BR" : "en";
  if (!session?.user) return;
  cards = [serving(), traffic(), decisions(), held(send, tell), watched(), releases()];
  at("cards").replaceChildren(...cards.map((card) => card.root));
  for (const name of Object.keys(newest)) show(name);
}

function show(name) {
  for (const card of cards) card[name]?.(newest[name]);
  if (name !== "live") return;
  const { kind, asked } = newest.live.standing;
  at("state").dataset.kind = kind;
  say(at("state"), kind === "canary" ? t("canary_at", { percent: asked.percent }) : word("state", kind));
  document.title = `${at("state").textContent} · pixguard`;
}

function beat() {
  const silent = performance.now() - heard;
  const late = session?.user && heard && silent > LATE_MS;
  at("pulse").dataset.late = String(Boolean(late));
  say(at("pulse"), !heard ? "" : late ? t("lost", { seconds: Math.round(silent / 1000) }) : t("live"));
}

function listen() {
  stream?.close();
  stream = new EventSource("/api/stream");
  for (const name of ["live", "held", "releases", "watch"]) {
    stream.addEventListener(name, (event) => {
      heard = performance.now();
      newest[name] = JSON.parse(event.data);
      show(name);
    });
  }
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(begin, 1000);
  };
}

async function signIn(token) {
  const [status, answer] = await send("/api/login", { token });
  say(at("login-error"), status === 200 ? "" : status === 401 ? t("wrong_token") : answer.error ?? t("no_answer"));
  return status === 200;
}

async function begin() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    history.replaceState(null, "", location.pathname);
    await signIn(token);
  }
  const answer = await fetch("/api/session", { credentials: "same-origin" }).catch(() => null);
  if (answer === null) return void setTimeout(begin, 2000);
  session = await answer.json();
  at("login").hidden = answer.ok;
  at("leave").hidden = !answer.ok || session.proxied;
  draw();
  if (answer.ok) listen();
  else {
    say(at("state"), t("signed_out"));
    at("cards").replaceChildren();
    at("token").focus();
  }
}

at("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await signIn(at("token").value.trim())) {
    at("token").value = "";
    await begin();
  }
});
at("leave").addEventListener("click", async () => {
  await send("/api/logout", {});
  stream?.close();
  heard = 0;
  await begin();
});
at("language").addEventListener("click", () => {
  choose(other());
  draw();
});
draw();
setInterval(beat, 1000);
begin();
