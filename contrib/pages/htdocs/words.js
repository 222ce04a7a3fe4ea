// SPDX-License-Identifier: Apache-2.0
//
// The words that the script puts in are in index.html, with all others.

const words = document.getElementById("words").content;

// text(NAME, { name: value }): with the values in the place of {name}.
export function text(name, values = {}) {
    const word = words.querySelector(`[data-word="${name}"]`);
    return word.textContent.replace(/\{(\w+)\}/g,
                                    (all, key) => values[key] ?? all);
}

// What a screen reader says, wherever the focus is. With a second text it is
// said only in the place of that.
export function tell(said, instead) {
    const status = document.getElementById("status");
    if (instead === undefined || status.textContent === instead) {
        status.textContent = said;
    }
}

let heading = "";

// The title of the window: of a page by its heading, or that it has a problem.
export function setTitle(ofPage) {
    const site = document.querySelector("[data-site]").textContent;
    heading = ofPage;
    document.title = heading === site ? site
        : text("title", { title: heading, site });
}

export function setProblemTitle() {
    setTitle(heading);
    document.title = text("problem-title", { title: document.title });
}

const moment = new Intl.DateTimeFormat(document.documentElement.lang,
    { dateStyle: "medium", timeStyle: "short" });

// A time of the API as people read it; `none` where there is none.
export const time = (iso, none) =>
    iso ? moment.format(new Date(iso)) : none;
