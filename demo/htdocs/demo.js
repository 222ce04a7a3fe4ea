/* SPDX-License-Identifier: Apache-2.0 */
"use strict";

/* The token is this tab's: a reload keeps it, closing the tab forgets it. It
 * is kept after sign-out, marked as ended, so that one can see it refused. */
let token = sessionStorage.getItem("token");
let ended = sessionStorage.getItem("ended") === "yes";

function keep() {
    if (token) {
        sessionStorage.setItem("token", token);
        sessionStorage.setItem("ended", ended ? "yes" : "no");
    }
}

const SHOWN = ["content-type", "www-authenticate", "allow", "retry-after",
               "cache-control", "vary"];

const byId = (id) => document.getElementById(id);

/* A name that was not taken a moment ago: a reload, or another start on the
 * same accounts, proposes another. */
function proposeName() {
    const names = ["ann", "ben", "cleo", "dora", "emil", "fay", "gus", "hal"];
    const random = crypto.getRandomValues(new Uint16Array(2));
    byId("up-name").value = names[random[0] % names.length]
        + (1000 + random[1] % 9000);
}

/* As one can paste it behind a command. */
function forShell(name) {
    return /^[\w.@+-]+$/.test(name) ? name
        : "'" + name.replaceAll("'", "'\\''") + "'";
}

/* Whose token it is; it is shown, and stands in the operator's commands. */
function signedInAs(name) {
    sessionStorage.setItem("name", name);
    byId("in-name").value = name;
    for (const place of document.querySelectorAll("[data-name]")) {
        place.textContent = forShell(name);
    }
}

/* What is wrong with a form, each at its field; what is about none of them
 * above its button. */
function showProblems(form, data) {
    for (const old of form.querySelectorAll(".problem")) {
        old.remove();
    }
    for (const input of form.elements) {
        input.removeAttribute("aria-invalid");
        input.removeAttribute("aria-describedby");
    }
    for (const [name, messages] of Object.entries(data || {})) {
        const input = form.elements.namedItem(name);
        const problem = document.createElement("p");
        problem.className = "problem";
        problem.textContent = [].concat(messages).join(" ");
        if (input) {
            problem.id = input.id + "-problem";
            input.setAttribute("aria-invalid", "true");
            input.setAttribute("aria-describedby", problem.id);
            input.after(problem);
        } else {
            form.querySelector("button").before(problem);
        }
    }
    const first = form.querySelector("[aria-invalid]");
    if (first) {
        first.focus();
    }
}

function showState() {
    const state = byId("state");
    if (!token) {
        state.textContent = "No token yet.";
    } else {
        const name = sessionStorage.getItem("name") || "somebody";
        state.textContent = ended
            ? "Signed out. " + name + "'s ended token: "
            : "Signed in as " + name + ". Token: ";
        state.append(token.slice(0, 12) + "…");
    }
    byId("sign-out").disabled = !token || ended;
    for (const button of document.querySelectorAll("[data-with]")) {
        button.disabled = !token;
    }
}

function pre(className, firstLine, rest) {
    const box = document.createElement("pre");
    const first = document.createElement("b");
    box.className = className;
    first.textContent = firstLine;
    box.append(first, rest ? "\n" + rest : "");
    return box;
}

function lines(headers, body) {
    const head = headers.map(([name, value]) => name + ": " + value);
    return head.join("\n") + (body ? "\n\n" + body : "");
}

function show(title, request, answer) {
    const item = document.createElement("li");
    const heading = document.createElement("h3");
    heading.textContent = title;
    item.append(heading, pre("", request.first, request.rest),
                pre(answer.good ? "good" : "bad", answer.first, answer.rest));
    byId("log").prepend(item);
    byId("nothing").hidden = true;
    const last = byId("last");
    const link = document.createElement("a");
    link.href = "#h-wire";
    link.textContent = title;
    last.className = answer.good ? "good" : "bad";
    const result = document.createElement("b");
    result.textContent = answer.first;
    last.replaceChildren(link, ": ", result);
}

/* Sends one request, shows it with its answer, and returns
 * { ok, data }; data is the decoded JSON body, or null. */
async function send(title, method, path, options = {}) {
    const headers = [];
    const { json, withToken } = options;
    const body = json === undefined ? undefined : JSON.stringify(json);

    if (withToken) {
        headers.push(["Authorization", "Token " + token]);
    }
    if (body !== undefined) {
        headers.push(["Content-Type", "application/json"]);
    }
    const shownBody = body === undefined ? ""
        : JSON.stringify(json, (name, value) =>
            name === "password" ? "•".repeat(8) : value);
    const request = { first: method + " " + path,
                      rest: lines(headers, shownBody) };
    try {
        const answer = await fetch(path, {
            method, body, headers, cache: "no-store", credentials: "omit",
        });
        const text = await answer.text();
        const shown = SHOWN.filter((name) => answer.headers.has(name))
            .map((name) => [name, answer.headers.get(name)]);
        show(title, request, {
            good: answer.ok,
            first: answer.status + " " + answer.statusText,
            rest: lines(shown, text),
        });
        let data = null;
        try {
            data = JSON.parse(text);
        } catch (ignored) {
            /* a file, or no body: there is no JSON to read */
        }
        return { ok: answer.ok, data };
    } catch (error) {
        show(title, request, { good: false, first: "No answer",
                               rest: String(error) });
        return { ok: false, data: null };
    }
}

function take(form, result, name) {
    showProblems(form, result.ok ? null : result.data);
    if (result.ok && result.data && typeof result.data.token === "string") {
        token = result.data.token;
        ended = false;
        signedInAs(name);
        keep();
    }
    showState();
}

/* The values of a form; what may be left out is left out when empty. */
function values(form, optional) {
    const data = {};
    for (const [name, value] of new FormData(form)) {
        if (value !== "" || name !== optional) {
            data[name] = value;
        }
    }
    return data;
}

byId("sign-up").addEventListener("submit", async (event) => {
    const form = event.target;
    const json = values(form, "email");
    event.preventDefault();
    const result = await send("Sign up", "POST", "/api/auth/register/",
                              { json });
    take(form, result, json.username);
    if (result.ok) {
        proposeName();
    }
});

byId("sign-in").addEventListener("submit", async (event) => {
    const form = event.target;
    const json = values(form);
    event.preventDefault();
    take(form, await send("Sign in", "POST", "/api/auth/login/", { json }),
         json.username);
});

byId("sign-out").addEventListener("click", async () => {
    const result = await send("Sign out", "POST", "/api/auth/logout/",
                              { withToken: true });
    ended = ended || result.ok;
    keep();
    showState();
});

for (const button of document.querySelectorAll("[data-open]")) {
    button.addEventListener("click", () => {
        const withToken = button.dataset.with === "token";
        send("Open " + button.dataset.open
             + (withToken ? " with the token" : " without a token"),
             "GET", button.dataset.open, { withToken });
    });
}

byId("clear").addEventListener("click", () => {
    byId("log").replaceChildren();
    byId("nothing").hidden = false;
    byId("last").replaceChildren();
});

proposeName();
if (sessionStorage.getItem("name")) {
    signedInAs(sessionStorage.getItem("name"));
}
showState();
