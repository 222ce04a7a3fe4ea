// SPDX-License-Identifier: Apache-2.0
//
// What stands behind the '#': the name of a page, or a mailed link. The
// secrets of a link are taken out of the address bar and of the history as
// soon as they were read, and are kept in memory alone.

import { links } from "./server.js";

let taken = {};         // what the last link held: uid, token or key

// { uid, token } where the text has the form of the pattern, else null.
function match(pattern, text) {
    const wanted = pattern.split("/");
    const given = text.split("/");
    const values = {};

    if (wanted.length !== given.length) {
        return null;
    }
    for (const [i, part] of wanted.entries()) {
        const name = /^\{(\w+)\}$/.exec(part);
        if (name && /^[\w:.-]+$/.test(given[i])) {
            values[name[1]] = given[i];
        } else if (name || part !== given[i]) {
            return null;
        }
    }
    return values;
}

// The name of the page that is wanted.
export function takePage() {
    // AcctAuthMailLinkBase may bring a '#/' of its own.
    const text = location.hash.replace(/^[#/]+/, "").replace(/\/+$/, "");

    for (const [pattern, page] of Object.entries(links)) {
        const values = match(pattern, text);
        if (values) {
            taken = values;
            history.replaceState(null, "", "#/" + page);
            return page;
        }
    }
    return text;
}

export const linkValues = () => taken;

export const linkSecret = () => taken.token ?? taken.key;

// It was used, or another page was gone to.
export function dropLink() {
    taken = {};
}
