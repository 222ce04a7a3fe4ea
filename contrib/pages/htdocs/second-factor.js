// SPDX-License-Identifier: Apache-2.0
//
// The second factor: its key and the recovery codes are kept in memory alone,
// until the page after the one that shows them.

import { qrCode } from "./qr.js";
import { call } from "./server.js";

let key = null;         // { secret, uri }, of one that is not confirmed
let codes = [];         // recovery codes that were made just now

const part = (name) => document.querySelector(`#main [data-is=${name}]`);

export function keepKey(answer) {
    key = answer;
}

export function keepCodes(answer) {
    key = null;
    codes = answer.recovery_codes;
}

export const hasKey = () => key !== null;

export const hasCodes = () => codes.length > 0;

export const codesText = () => codes.join("\n") + "\n";

// What is no longer shown is forgotten.
export function forget(page) {
    if (page !== "codes") {
        codes = [];
    }
    if (page !== "second-factor-key") {
        key = null;
    }
}

// Whether there is one; refuse(result): the answer was not good.
export async function showState(refuse) {
    const result = await call("totp");

    if (!result.ok) {
        refuse(result);
    } else if (part("on")) {
        part("on").hidden = !result.answer.has_totp;
        part("off").hidden = result.answer.has_totp;
        part("left").textContent = result.answer.recovery_codes_left;
    }
}

export function showKey() {
    part("secret").textContent = key.secret.replace(/(.{4})(?=.)/g, "$1 ");
    part("uri").href = key.uri;
    const picture = qrCode(key.uri);
    if (picture) {
        part("picture").replaceChildren(picture);
        part("picture-part").hidden = false;
    }
}

export function showCodes() {
    part("codes").replaceChildren(...codes.map((code) => {
        const item = document.createElement("li");
        const text = document.createElement("code");
        text.textContent = code;
        item.append(text);
        return item;
    }));
}
