// SPDX-License-Identifier: Apache-2.0
//
// How dj-rest-auth and dj-rest-auth-verified are spoken; see djoser.js.

export default {
    scheme: "Token",            // AcctAuthScheme
    signIn: {
        method: "POST", path: "login/",
        fields: { identifier: "username", password: "password",
                  code: "otp" },
        token: (answer) => answer.key,
    },
    signOut: { method: "POST", path: "logout/", signedIn: true },
    signUp: {
        method: "POST", path: "registration/",
        fields: { username: "username", email: "email",
                  password: ["password1", "password2"] },
        token: (answer) => answer.key,
    },
    whoAmI: { method: "GET", path: "user/", signedIn: true },
    changePassword: {
        method: "POST", path: "password/change/", signedIn: true,
        fields: { current: "old_password",
                  password: ["new_password1", "new_password2"] },
    },
    forgotPassword: {
        method: "POST", path: "password/reset/",
        fields: { email: "email" },
    },
    resetPassword: {
        method: "POST", path: "password/reset/confirm/",
        fields: { uid: "uid", token: "token",
                  password: ["new_password1", "new_password2"] },
    },
    confirm: {
        method: "POST", path: "registration/verify-email/",
        fields: { key: "key" },
    },
    confirmAgain: {
        method: "POST", path: "registration/resend-email/",
        fields: { email: "email" },
    },
    totp: { method: "GET", path: "totp/", signedIn: true },
    beginTotp: {
        method: "POST", path: "totp/", signedIn: true,
        fields: { current: "current_password" },
    },
    confirmTotp: {
        method: "POST", path: "totp/confirm/", signedIn: true,
        fields: { code: "otp" },
    },
    endTotp: {
        method: "POST", path: "totp/disable/", signedIn: true,
        fields: { current: "current_password", code: "otp" },
    },
    newCodes: {
        method: "POST", path: "totp/recovery-codes/", signedIn: true,
        fields: { current: "current_password", code: "otp" },
    },
    links: {
        "password-reset/confirm/{uid}/{token}": "reset-password",
        "dj-rest-auth/registration/account-confirm-email/{key}": "confirm",
    },
};
