//! What a browser shows: the people to choose from, and refusals. No script, nothing from elsewhere.

use std::fmt::Write as _;

use rh_auth::identity::Claim;

use crate::{Person, flow::Flow};

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:8vh auto;padding:0 1rem}\
h1{font-size:1.6rem;margin-bottom:.25rem}\
.note{border-inline-start:.3rem solid #b26a00;padding:.4rem .8rem;margin:1rem 0;background:color-mix(in srgb,#b26a00 12%,Canvas)}\
form{display:grid;gap:.75rem}\
button{font:inherit;text-align:start;display:flex;gap:1rem;align-items:center;padding:.75rem;border:1px solid GrayText;border-radius:.6rem;\
background:Canvas;color:CanvasText;cursor:pointer}\
button:hover,button:focus-visible{outline:.2rem solid #1a6fd4}\
img,.face{inline-size:4rem;block-size:4rem;border-radius:50%;flex:none;background:color-mix(in srgb,GrayText 30%,Canvas);\
display:grid;place-items:center;font-size:1.5rem}\
strong,small{display:block}\
small{color:color-mix(in srgb,CanvasText 75%,Canvas)}\
.cancel{justify-content:center}";

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style><main><h1>{title}</h1>{body}</main></html>"
    )
}

/// Everybody who can sign in, one button each.
pub(crate) fn choose(flow: &Flow, handle: &str, contexts: &[Claim]) -> String {
    let mut body = format!(
        "<p>Remote Help wants to know who you are.</p>\
         <p class=\"note\">This is a development sign-in, on this computer only. The people are made up, and whoever sees this page can be any of them.</p>\
         <form method=\"post\" action=\"{}/sign-in\"><input type=\"hidden\" name=\"request\" value=\"{}\">",
        escape(flow.issuer()),
        escape(handle)
    );
    if !contexts.is_empty() {
        let list: Vec<&str> = contexts.iter().map(Claim::as_str).collect();
        let _ = write!(body, "<p>The app asks for a stronger sign-in: {}.</p>", escape(&list.join(", ")));
    }
    for person in flow.people().iter() {
        button(&mut body, person);
    }
    body.push_str("<button class=\"cancel\" name=\"cancel\" value=\"yes\">Cancel</button></form>");
    page("Who are you?", &body)
}

fn button(body: &mut String, person: &Person) {
    let (id, name) = (escape(person.id.as_str()), escape(person.name.as_str()));
    let face = if person.picture.is_some() {
        let path: String = url::form_urlencoded::byte_serialize(person.id.as_str().as_bytes()).collect();
        format!("<img src=\"/picture?{path}\" alt=\"\">")
    } else {
        let initial: String = person.name.as_str().chars().take(1).collect();
        format!("<span class=\"face\" aria-hidden=\"true\">{}</span>", escape(&initial))
    };
    let about: Vec<String> = [person.title.as_str(), person.company.as_str(), if person.guest { "guest" } else { "" }]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(escape)
        .collect();
    let _ = write!(
        body,
        "<button name=\"person\" value=\"{id}\">{face}<span><strong>{name}</strong><small>{}</small></span></button>",
        about.join(" · ")
    );
}

/// One sentence on why not.
pub(crate) fn refused(sentence: &str) -> String {
    page("This does not work", &format!("<p>{}</p>", escape(sentence)))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
