//! A browser as far as the sign-in page needs one: for demonstrations and tests that have no person to click. Blocking.

use std::time::Duration;

use ureq::Agent;

/// What did not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrowserError {
    /// No answer.
    #[error("the page cannot be reached: {0}")]
    Http(#[from] Box<ureq::Error>),
    /// Not the page that was expected.
    #[error("the page has no {0}")]
    Page(&'static str),
}

/// Opens a sign-in's address, presses the button of `person` (an id), and follows to the app. Gives the app's last page.
///
/// # Errors
/// [`BrowserError`].
pub fn choose(address: &str, person: &str) -> Result<String, BrowserError> {
    press(address, ("person", person))
}

/// The same with the button "Cancel".
///
/// # Errors
/// [`BrowserError`].
pub fn cancel(address: &str) -> Result<String, BrowserError> {
    press(address, ("cancel", "yes"))
}

fn press(address: &str, (name, value): (&str, &str)) -> Result<String, BrowserError> {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(30))).build();
    let agent = Agent::from(config);
    let read = |answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>| -> Result<String, BrowserError> {
        Ok(answer.and_then(|answer| answer.into_body().read_to_string()).map_err(Box::new)?)
    };
    let page = read(agent.get(address).call())?;
    let action = between(&page, "action=\"", "\"").ok_or(BrowserError::Page("form"))?;
    let request = between(&page, "name=\"request\" value=\"", "\"").ok_or(BrowserError::Page("request"))?;
    if !page.contains(&format!("<button name=\"{name}\" value=\"{value}\"")) && name == "person" {
        return Err(BrowserError::Page("button for this person"));
    }
    read(agent.post(action).send_form([("request", request), (name, value)]))
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}
