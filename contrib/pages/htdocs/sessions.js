// SPDX-License-Identifier: Apache-2.0
//
// The list of where the account is signed in.

import { prepare, showProblems } from "./form.js";
import { call } from "./server.js";
import { tell, text, time } from "./words.js";

function fill(item, one) {
    const said = {
        label: one.label || text("unnamed"),
        created_at: time(one.created_at, text("unknown")),
        last_used: time(one.last_used, text("never")),
        expires: time(one.expires, text("endless")),
        network: one.network || text("unknown"),
    };

    for (const [name, words] of Object.entries(said)) {
        item.querySelector(`[data-is=${name}]`).textContent = words;
    }
    item.querySelector("[data-is=current]").hidden = !one.current;
}

// What tells the fields and buttons of one item from those of the others.
function connect(item, one) {
    const heading = item.querySelector("h2");
    const input = item.querySelector("input");

    heading.id = "session-" + one.id;
    heading.tabIndex = -1;
    input.id = "label-" + one.id;
    input.value = one.label;
    item.querySelector("label").htmlFor = input.id;
    item.querySelector("form").setAttribute("aria-labelledby", heading.id);
    for (const button of item.querySelectorAll("button")) {
        button.setAttribute("aria-describedby", heading.id);
    }
}

async function rename(list, form, one, typed, refuse) {
    const result = await call("renameSession", typed, { id: one.id });

    if (result.ok) {
        await listSessions(list, refuse);
        document.getElementById("session-" + one.id)?.focus();
        tell(text("renamed", { label: result.answer.label }));
    } else if (result.status === 401) {
        refuse(result);
    } else {
        showProblems(form, result);
    }
}

async function end(list, one, refuse) {
    const result = await call("endSession", {}, { id: one.id });

    // 404: it ended meanwhile
    if (result.ok || result.status === 404) {
        await listSessions(list, refuse);
        document.querySelector("#main h1").focus();
        tell(text("ended", { label: one.label || text("unnamed") }));
    } else {
        refuse(result);
    }
}

function itemOf(list, one, refuse) {
    const item = document.getElementById("session").content
        .cloneNode(true).firstElementChild;
    const form = item.querySelector("form");
    const button = item.querySelector("[data-do=end-session]");

    fill(item, one);
    connect(item, one);
    prepare(form, (sent, typed) => rename(list, sent, one, typed, refuse));
    if (one.current) {
        button.dataset.do = "sign-out";
    } else {
        button.addEventListener("click", () => end(list, one, refuse));
    }
    return item;
}

// listSessions(list, refuse): fills the list; refuse(result) is called when
// the server's answer is not good.
export async function listSessions(list, refuse) {
    const result = await call("sessions");

    if (!result.ok) {
        refuse(result);
    } else if (list.isConnected) {
        list.replaceChildren(...result.answer
            .map((one) => itemOf(list, one, refuse)));
    }
}
