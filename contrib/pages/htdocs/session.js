// SPDX-License-Identifier: Apache-2.0
//
// The token of whom is signed in, and their name. sessionStorage: it is this
// tab's alone, outlives a reload, and goes with the tab.

const TOKEN = "acctauth.token";
const NAME = "acctauth.name";

export const token = () => sessionStorage.getItem(TOKEN);

export const name = () => sessionStorage.getItem(NAME) ?? "";

export function begin(newToken) {
    sessionStorage.setItem(TOKEN, newToken);
    sessionStorage.removeItem(NAME);
}

export function setName(text) {
    sessionStorage.setItem(NAME, text);
}

export function end() {
    sessionStorage.removeItem(TOKEN);
    sessionStorage.removeItem(NAME);
}
