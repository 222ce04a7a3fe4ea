// SPDX-License-Identifier: Apache-2.0
//
// Forms: what was typed, and what is wrong with it. Problems stand in a
// summary above the form, which gets the focus, and at their fields.

import { setProblemTitle, tell, text } from "./words.js";

// What was typed; what is marked as optional is left out when it is empty.
export function values(form) {
    const typed = {};

    for (const input of form.querySelectorAll("input[name]")) {
        if (input.value !== "" || !("optional" in input.dataset)) {
            typed[input.name] = input.value;
        }
    }
    return typed;
}

// The ids in aria-describedby but for one, and that one again if wanted.
function describe(input, id, wanted) {
    const ids = (input.getAttribute("aria-describedby") ?? "").split(" ")
        .filter((one) => one && one !== id);

    if (wanted) {
        ids.push(id);
    }
    if (ids.length > 0) {
        input.setAttribute("aria-describedby", ids.join(" "));
    } else {
        input.removeAttribute("aria-describedby");
    }
}

export function clearProblems(form) {
    for (const old of form.querySelectorAll(".problems, .problem")) {
        old.remove();
    }
    for (const input of form.querySelectorAll("[aria-invalid]")) {
        input.removeAttribute("aria-invalid");
        describe(input, input.id + "-problem", false);
    }
}

function markField(input, said) {
    const problem = document.createElement("span");

    problem.className = "problem";
    problem.id = input.id + "-problem";
    problem.textContent = said;
    input.before(problem);
    input.setAttribute("aria-invalid", "true");
    describe(input, problem.id, true);
}

// With the name of the field: two may have the same problem.
const ofField = (input, problem) =>
    text("problem-of", { field: input.labels[0].textContent, problem });

function summaryOf(entries) {
    const box = document.createElement("div");
    const heading = document.createElement("h2");
    const list = document.createElement("ul");

    heading.textContent = text("problems");
    for (const { said, input } of entries) {
        const item = document.createElement("li");
        if (input) {
            const link = document.createElement("a");
            link.href = "#" + input.id;
            link.textContent = said;
            item.append(link);
        } else {
            item.textContent = said;
        }
        list.append(item);
    }
    box.className = "problems";
    box.tabIndex = -1;
    box.setAttribute("role", "alert");
    box.append(heading, list);
    return box;
}

// What is to be told of an answer that is not good and names no field.
function sayStatus(result) {
    if (result.status === 0) {
        return [text("no-answer")];
    }
    if (result.status === 429 && result.wait) {
        return [text("wait", { seconds: result.wait })];
    }
    if (result.status >= 500) {
        return [text("unavailable")];
    }
    return result.general;
}

export function showProblems(form, result) {
    const entries = sayStatus(result).map((said) => ({ said }));

    clearProblems(form);
    for (const [name, list] of Object.entries(result.fields)) {
        const input = form.querySelector(`input[name="${name}"]`);
        const said = list.join(" ");
        if (input) {
            markField(input, said);
            entries.push({ said: ofField(input, said), input });
        } else {
            entries.push({ said });
        }
    }
    if (entries.length === 0) {
        entries.push({ said: text("refused", { status: result.status }) });
    }
    const summary = summaryOf(entries);
    form.prepend(summary);
    summary.focus();
    setProblemTitle();
}

// A box beside each password that shows what is typed.
function addShowBox(input) {
    const box = document.createElement("input");
    const label = document.createElement("label");

    box.type = "checkbox";
    box.id = input.id + "-show";
    label.className = "box";
    label.append(box, text("show-password"));
    box.addEventListener("change", () => {
        input.type = box.checked ? "text" : "password";
    });
    input.after(label);
}

// prepare(form, submit): submit(form, values) is called when it is sent, and
// not again before that has ended.
export function prepare(form, submit) {
    let busy = false;

    form.noValidate = true;     // the server says what is wrong
    form.method = "post";
    for (const input of form.querySelectorAll("input[type=password]")) {
        addShowBox(input);
    }
    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        if (busy) {
            return;
        }
        busy = true;
        tell(text("please-wait"));
        try {
            await submit(form, values(form));
        } finally {
            busy = false;
            if (form.isConnected) {
                tell("", text("please-wait"));
            }
        }
    });
}
