// SPDX-License-Identifier: Apache-2.0
//
// The dialect account-pages, which stands beside either API; see djoser.js.

export default {
    sessions: { method: "GET", path: "sessions/", signedIn: true },
    renameSession: {
        method: "PATCH", path: "sessions/{id}/", signedIn: true,
        fields: { label: "label" },
    },
    endSession: { method: "DELETE", path: "sessions/{id}/", signedIn: true },
    endSessions: { method: "DELETE", path: "sessions/", signedIn: true },
    exportAccount: { method: "GET", path: "my-data/", signedIn: true },
    deleteAccount: {
        method: "DELETE", path: "me/", signedIn: true,
        fields: { current: "current_password" },
    },
    checkLink: {
        method: "POST", path: "mailed-link/", fields: { secret: "token" },
    },
    // of mails that no dialect has a link for
    links: {
        "password-reset/{uid}/{token}": "reset-password",
        "username-reset/{uid}/{token}": "reset-username",
        "activation/{uid}/{token}": "confirm",
        "verify-email/{uid}/{token}": "confirm",
    },
};
