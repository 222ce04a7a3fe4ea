// SPDX-License-Identifier: Apache-2.0
//
// Calls of the API by the names that the tables in apis/ have for them.

import api from "./api.js";
import own from "./apis/account-pages.js";
import * as session from "./session.js";

const calls = { ...own, ...api };
const base = new URL("api/", new URL(".", location.href));

export const links = { ...own.links, ...api.links };

// Whether the API has such a call.
export const has = (name) => name in calls;

const names = (spelling) => [].concat(spelling);

function body(how, values) {
    const sent = {};

    for (const [name, spelling] of Object.entries(how.fields ?? {})) {
        if (values[name] !== undefined) {
            for (const one of names(spelling)) {
                sent[one] = values[name];
            }
        }
    }
    return sent;
}

// What the API calls a field, in the words of the pages; null: it is none.
function ourName(how, spelling) {
    for (const [name, one] of Object.entries(how.fields ?? {})) {
        if (names(one).includes(spelling)) {
            return name;
        }
    }
    return null;
}

// {"field": ["text"]} sorted: what is about a field, and what is not.
function sort(how, answer) {
    const fields = {};
    const general = [];

    for (const [key, texts] of Object.entries(answer ?? {})) {
        const name = ourName(how, key);
        const list = [].concat(texts).map(String);
        if (name) {
            fields[name] = [...new Set([...(fields[name] ?? []), ...list])];
        } else {
            general.push(...list);
        }
    }
    return { fields, general };
}

// call(name, values, { id }): { ok, status, answer, fields, general, wait }.
// status 0: there was no answer. wait: seconds to the next try, or null.
export async function call(name, values = {}, { id } = {}) {
    const how = calls[name];
    const path = how.path.replace("{id}", encodeURIComponent(id ?? ""));
    const headers = {};
    const request = { method: how.method, headers, cache: "no-store",
                      credentials: "omit", redirect: "error",
                      referrerPolicy: "no-referrer" };

    if (how.signedIn) {
        headers.Authorization = `${api.scheme} ${session.token()}`;
    }
    if (how.fields) {
        headers["Content-Type"] = "application/json";
        request.body = JSON.stringify(body(how, values));
    }
    try {
        const response = await fetch(new URL(path, base), request);
        const text = await response.text();
        const answer = text === "" ? null : JSON.parse(text);
        const bad = response.ok ? null : answer;
        const wait = response.headers.get("Retry-After");
        return { ok: response.ok, status: response.status, answer,
                 ...sort(how, bad), wait,
                 token: response.ok && how.token ? how.token(answer ?? {})
                                                 : undefined };
    } catch {
        return { ok: false, status: 0, answer: null, fields: {}, general: [],
                 wait: null };
    }
}
