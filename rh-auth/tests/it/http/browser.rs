//! A browser as far as signing in needs one: a cookie jar, redirects, and forms filled in by name.

use ureq::Agent;

pub(crate) struct Browser {
    agent: Agent,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self { agent: Agent::config_builder().http_status_as_error(false).build().into() }
    }

    /// Opens an address and gives the page at the end of all redirects.
    pub(crate) fn open(&self, address: &str) -> String {
        self.agent.get(address).call().unwrap().into_body().read_to_string().unwrap()
    }

    /// Opens an address, signs in as `person` and agrees to whatever is asked. Gives the last page.
    pub(crate) fn sign_in(&self, address: &str, person: &str) -> String {
        let mut page = self.open(address);
        for _ in 0..5 {
            let Some(form) = Form::first(&page) else { return page };
            let fields: Vec<(&str, &str)> = form
                .fields
                .iter()
                .map(|(name, value)| match name.as_str() {
                    "login" => ("login", person),
                    "password" => ("password", "correct horse"),
                    name => (name, value.as_str()),
                })
                .collect();
            page = self.agent.post(&form.action).send_form(fields).unwrap().into_body().read_to_string().unwrap();
        }
        panic!("the provider asks without end: {page}");
    }

    /// Follows the provider's "cancel" link.
    pub(crate) fn cancel(&self, address: &str) -> String {
        let page = self.open(address);
        let link = between(&page, "<a href=\"", "\"").unwrap_or_else(|| panic!("no way to cancel: {page}"));
        self.open(link)
    }
}

struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

impl Form {
    fn first(page: &str) -> Option<Self> {
        let form = between(page, "<form", "</form>")?;
        let action = between(form, "action=\"", "\"")?.to_owned();
        let fields = form
            .split("<input")
            .skip(1)
            .filter_map(|input| {
                let tag = input.split('>').next()?;
                let name = between(tag, "name=\"", "\"")?;
                Some((name.to_owned(), between(tag, "value=\"", "\"").unwrap_or_default().to_owned()))
            })
            .collect();
        Some(Self { action, fields })
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}
