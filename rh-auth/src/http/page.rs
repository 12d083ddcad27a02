//! What the person's browser shows at the end. No script, no picture, no address of anybody else.

/// A whole HTTP answer with a small page.
pub(super) fn answer(status: &str, title: &str, text: &str) -> Vec<u8> {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>body{{font:1.25rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}}</style>\
         <main><h1>{title}</h1><p>{text}</p></main></html>"
    );
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\ncache-control: no-store\r\n\
         content-security-policy: default-src 'none'; style-src 'unsafe-inline'\r\nreferrer-policy: no-referrer\r\n\r\n",
        page.len()
    );
    [head, page].concat().into_bytes()
}

pub(super) fn signed_in() -> Vec<u8> {
    answer("200 OK", "You are signed in", "You can close this window and go back to Remote Help.")
}

pub(super) fn failed() -> Vec<u8> {
    answer("200 OK", "Signing in did not work", "Go back to Remote Help: it says why, and what to do.")
}

pub(super) fn not_ours() -> Vec<u8> {
    answer("400 Bad Request", "This is not a sign-in", "This address belongs to a Remote Help app that waits for somebody else's answer.")
}
