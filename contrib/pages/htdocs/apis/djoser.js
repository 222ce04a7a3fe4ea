// SPDX-License-Identifier: Apache-2.0
//
// How djoser and djoser-confirmed are spoken. Left is what pages.js calls a
// thing, right what the API does; a list: both are sent the same. What stands
// in `links` is what mailed links look like behind the '#'.

export default {
    scheme: "Token",            // AcctAuthScheme
    signIn: {
        method: "POST", path: "token/login/",
        fields: { identifier: "username", password: "password",
                  code: "otp" },
        token: (answer) => answer.auth_token,
    },
    signOut: { method: "POST", path: "token/logout/", signedIn: true },
    signUp: {
        method: "POST", path: "users/",
        fields: { username: "username", email: "email",
                  password: ["password", "re_password"] },
    },
    whoAmI: { method: "GET", path: "users/me/", signedIn: true },
    changePassword: {
        method: "POST", path: "users/set_password/", signedIn: true,
        fields: { current: "current_password",
                  password: ["new_password", "re_new_password"] },
    },
    forgotPassword: {
        method: "POST", path: "users/reset_password/",
        fields: { email: "email" },
    },
    resetPassword: {
        method: "POST", path: "users/reset_password_confirm/",
        fields: { uid: "uid", token: "token",
                  password: ["new_password", "re_new_password"] },
    },
    forgotUsername: {
        method: "POST", path: "users/reset_username/",
        fields: { email: "email" },
    },
    resetUsername: {
        method: "POST", path: "users/reset_username_confirm/",
        fields: { uid: "uid", token: "token",
                  username: ["new_username", "re_new_username"] },
    },
    confirm: {
        method: "POST", path: "users/activation/",
        fields: { uid: "uid", token: "token" },
    },
    confirmAgain: {
        method: "POST", path: "users/resend_activation/",
        fields: { email: "email" },
    },
    totp: { method: "GET", path: "users/me/totp/", signedIn: true },
    beginTotp: {
        method: "POST", path: "users/me/totp/", signedIn: true,
        fields: { current: "current_password" },
    },
    confirmTotp: {
        method: "POST", path: "users/me/totp/confirm/", signedIn: true,
        fields: { code: "otp" },
    },
    endTotp: {
        method: "DELETE", path: "users/me/totp/", signedIn: true,
        fields: { current: "current_password", code: "otp" },
    },
    newCodes: {
        method: "POST", path: "users/me/totp/recovery_codes/", signedIn: true,
        fields: { current: "current_password", code: "otp" },
    },
    links: {
        "password/reset/confirm/{uid}/{token}": "reset-password",
        "username/reset/confirm/{uid}/{token}": "reset-username",
        "activate/{uid}/{token}": "confirm",
    },
};
