// SPDX-License-Identifier: Apache-2.0
//
// Which page is shown, and what its forms and buttons do. A page is a template
// of index.html; what it has of `data-needs` is there if the API has such a
// call, `data-signed-in` if somebody is signed in.

import { clearProblems, prepare, showProblems } from "./form.js";
import { dropLink, linkSecret, linkValues, takePage } from "./link.js";
import * as factor from "./second-factor.js";
import { call, has } from "./server.js";
import * as session from "./session.js";
import { listSessions } from "./sessions.js";
import { setTitle, tell, text } from "./words.js";

const main = document.getElementById("main");
let current = "";       // the page that is shown
let wanted = "";        // the page that is shown after a sign-in

// ------------------------------------------------------------- navigation

const template = (page) => document.getElementById("page-" + page);

// The page in whose place another one has to be shown, or the page itself.
function admit(page) {
    const data = template(page)?.dataset;

    if (!data || (data.needs && !has(data.needs))) {
        return "not-found";
    }
    if ("signedIn" in data && !session.token()) {
        wanted = page;
        return "sign-in";
    }
    if ((page === "second-factor-key" && !factor.hasKey())
        || (page === "codes" && !factor.hasCodes())) {
        return "second-factor";         // after a reload
    }
    return "link" in data && !linkSecret() ? "link-lost" : page;
}

function showHeader() {
    for (const part of document.querySelectorAll("header [data-signed-in]")) {
        part.hidden = !session.token();
    }
    document.querySelector("header [data-name]").textContent = session.name();
}

// Shows a page. Its heading gets the focus, so that it is read out: but not
// when the document was just opened, which is read from its beginning.
function show(page, { first = false } = {}) {
    const content = template(page).content.cloneNode(true);
    const heading = content.querySelector("h1");

    for (const part of content.querySelectorAll("[data-needs]")) {
        if (!has(part.dataset.needs)) {
            part.remove();
        }
    }
    for (const input of content.querySelectorAll("[data-username]")) {
        input.value = session.name();
    }
    for (const form of content.querySelectorAll("form")) {
        prepare(form, actions[form.dataset.do]);
    }
    main.replaceChildren(content);
    current = page;
    factor.forget(page);
    showHeader();
    setTitle(heading.textContent);
    heading.tabIndex = -1;
    if (!first) {
        scrollTo(0, 0);
        heading.focus();
    }
    arrivals[page]?.();
}

// Another page in the place of this one; nothing leads back to this one.
function replace(page) {
    history.replaceState(null, "", "#/" + page);
    show(admit(page));
}

function follow(options) {
    const page = takePage() || (session.token() ? "account" : "sign-in");

    tell("");
    if (!("link" in (template(page)?.dataset ?? {}))) {
        dropLink();
    }
    show(admit(page), options);
}

// ------------------------------------------------------------ signed in

// Whose token it is, and whether it is still good.
async function lookWho() {
    const who = await call("whoAmI");

    if (who.ok) {
        session.setName(who.answer.username || who.answer.email);
        showHeader();
    } else if (who.status === 401) {
        sayOver();
    }
}

// A sign-in, and the page that was wanted before it.
async function enter(token) {
    session.begin(token);
    await lookWho();
    const page = wanted || "account";
    wanted = "";
    replace(page);
}

function sayOver() {
    session.end();
    wanted = current;
    replace("sign-in");
    tell(text("session-over"));
}

// An answer that is not good, of a form.
function refuse(form, result) {
    if (result.status === 401 && session.token()) {
        sayOver();
    } else {
        tell("");
        showProblems(form, result);
    }
}

// The same of what no form sends.
function refuseAloud(result) {
    if (result.status === 401) {
        sayOver();
    } else {
        tell(result.status === 0 ? text("no-answer")
             : result.general[0] ?? text("unavailable"));
    }
}

// ---------------------------------------------------------------- pages

// A call whose page has nothing of its own: then another page is shown.
const plain = (name, page) => async (form, typed) => {
    const result = await call(name, typed);
    if (result.ok) {
        replace(page);
    } else {
        refuse(form, result);
    }
};

// A call that needs what a mailed link held.
const linked = (name, page) => async (form, typed) => {
    const result = await call(name, { ...typed, ...linkValues() });
    const { uid, token, key } = result.fields;

    if (result.ok) {
        dropLink();
        replace(page);
    } else if (uid || token || key || result.status === 404) {
        dropLink();
        replace("link-dead");
    } else {
        refuse(form, result);
    }
};

async function signIn(form, typed) {
    const code = form.querySelector("[data-field=code]");
    const result = await call("signIn", typed);

    if (result.ok) {
        await enter(result.token);
    } else if (result.fields.code && code.hidden) {
        clearProblems(form);
        code.hidden = false;
        code.querySelector("input").focus();
        tell(text("code-wanted"));
    } else {
        refuse(form, result);
    }
}

async function signUp(form, typed) {
    const result = await call("signUp", typed);

    if (result.ok && result.token) {
        await enter(result.token);
    } else if (result.ok) {
        replace("signed-up");
    } else {
        refuse(form, result);
    }
}

// The link was good already: what it is for is done.
async function confirm(form, typed) {
    const result = await call("confirm", { ...typed, ...linkValues() });

    if (result.ok || result.status === 403) {
        dropLink();
        replace("confirmed");
    } else if (result.status === 400 || result.status === 404) {
        dropLink();
        replace("link-dead");
    } else {
        refuse(form, result);
    }
}

async function deleteAccount(form, typed) {
    const result = await call("deleteAccount", typed);

    if (result.ok) {
        session.end();
        replace("deleted");
    } else {
        refuse(form, result);
    }
}

// A call whose answer the next page shows.
const shown = (name, keep, page) => async (form, typed) => {
    const result = await call(name, typed);
    if (result.ok) {
        keep(result.answer);
        replace(page);
    } else {
        refuse(form, result);
    }
};

const actions = {
    "sign-in": signIn,
    "sign-up": signUp,
    "forgot-password": plain("forgotPassword", "mail-sent"),
    "forgot-username": plain("forgotUsername", "mail-sent"),
    "confirm-again": plain("confirmAgain", "mail-sent"),
    "reset-password": linked("resetPassword", "password-reset"),
    "reset-username": linked("resetUsername", "username-reset"),
    "confirm": confirm,
    "change-password": plain("changePassword", "password-changed"),
    "begin-totp": shown("beginTotp", factor.keepKey, "second-factor-key"),
    "confirm-totp": shown("confirmTotp", factor.keepCodes, "codes"),
    "new-codes": shown("newCodes", factor.keepCodes, "codes"),
    "end-totp": plain("endTotp", "second-factor"),
    "delete-account": deleteAccount,
};

// Of a link that is to be used with a form it is said at once if it is dead.
async function checkLink() {
    const page = current;
    const result = await call("checkLink", { secret: linkSecret() });

    if (current === page && (result.status === 400 || result.status === 404)) {
        dropLink();
        replace("link-dead");
    }
}

const showSessions = () =>
    listSessions(document.getElementById("sessions"), refuseAloud);

const arrivals = {
    "account": lookWho,
    "reset-password": checkLink,
    "reset-username": checkLink,
    "sessions": showSessions,
    "second-factor": () => factor.showState(refuseAloud),
    "second-factor-key": factor.showKey,
    "codes": factor.showCodes,
};

// -------------------------------------------------------------- buttons

async function leave(name) {
    const result = await call(name);

    // Not before the server has said so: the token may still be good.
    if (result.ok || result.status === 401) {
        session.end();
        wanted = "";
        replace("sign-in");
        tell(text("signed-out"));
    } else {
        refuseAloud(result);
    }
}

function save(name, type, content) {
    const link = document.createElement("a");

    link.href = URL.createObjectURL(new Blob([content], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    tell(text("saved"));
}

async function saveExport() {
    const result = await call("exportAccount");

    if (result.ok) {
        save("account.json", "application/json",
             JSON.stringify(result.answer, null, 2) + "\n");
    } else {
        refuseAloud(result);
    }
}

const buttons = {
    "sign-out": () => leave("signOut"),
    "end-sessions": () => leave("endSessions"),
    "export": saveExport,
    "save-codes": () =>
        save("recovery-codes.txt", "text/plain", factor.codesText()),
};

addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    const inside = event.target.closest("a[href^='#']:not([href^='#/'])");

    if (button) {
        buttons[button.dataset.do]?.();
    } else if (inside) {
        // to a part of this page: the fragment is the name of a page
        event.preventDefault();
        document.getElementById(inside.hash.slice(1))?.focus();
    }
});

addEventListener("hashchange", () => follow());
follow({ first: true });
