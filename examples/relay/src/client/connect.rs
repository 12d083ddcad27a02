//! From here to the service: TCP, through an HTTP proxy where there is one, then TLS.

use std::env;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::{Host, Url};

use super::{ClientError, Trust};

/// From the first packet to the end of the TLS handshake.
const CONNECT: Duration = Duration::from_secs(15);

/// Bytes of a proxy's answer to `CONNECT`.
const MAX_PROXY_ANSWER: usize = 8 * 1024;

/// Where the service is, and how to get there. Reads the environment once.
pub(super) struct Route {
    host: String,
    port: u16,
    name: ServerName<'static>,
    proxy: Option<Proxy>,
    tls: TlsConnector,
}

struct Proxy {
    address: String,
    authorization: Option<String>,
}

impl Route {
    pub(super) fn new(url: &Url, trust: &Trust) -> Result<Self, ClientError> {
        let wrong = |reason: &str| ClientError::Address { what: "the service's address", reason: reason.to_owned() };
        if url.scheme() != "https" {
            return Err(wrong("it must begin with https://"));
        }
        let host = url.host_str().ok_or_else(|| wrong("it names no host"))?.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host.clone()).map_err(|_| wrong("its host is no name"))?;
        let proxy = if is_direct(url, &host) { None } else { proxy()? };
        let tls = TlsConnector::from(Arc::new(trust.tls()?));
        Ok(Self { host, port: url.port_or_known_default().unwrap_or(443), name, proxy, tls })
    }

    pub(super) async fn connect(&self) -> Result<TlsStream<TcpStream>, ClientError> {
        timeout(CONNECT, self.open()).await.map_err(|_| ClientError::TimedOut)?
    }

    async fn open(&self) -> Result<TlsStream<TcpStream>, ClientError> {
        let target =
            if self.host.contains(':') { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) };
        let first = self.proxy.as_ref().map_or(&target, |proxy| &proxy.address);
        let unreachable = |error: std::io::Error| ClientError::Unreachable { what: first.clone(), reason: error.to_string() };
        let mut stream = TcpStream::connect(first.as_str()).await.map_err(unreachable)?;
        // Pictures and keys go in small pieces: what waits for more is late.
        stream.set_nodelay(true).map_err(unreachable)?;
        if let Some(proxy) = &self.proxy {
            proxy.tunnel(&mut stream, &target).await?;
        }
        self.tls.connect(self.name.clone(), stream).await.map_err(|error| {
            let is_tls = error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
            let (what, reason) = (target, error.to_string());
            if is_tls { ClientError::NotTrusted { what, reason } } else { ClientError::Unreachable { what, reason } }
        })
    }
}

impl Proxy {
    /// RFC 9110 section 9.3.6. Read byte by byte up to the blank line, so that nothing of what follows is taken.
    async fn tunnel(&self, stream: &mut TcpStream, target: &str) -> Result<(), ClientError> {
        let refused = |status: String| ClientError::Proxy { proxy: self.address.clone(), target: target.to_owned(), status };
        let authorization = self.authorization.as_ref().map_or(String::new(), |value| format!("Proxy-Authorization: Basic {value}\r\n"));
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n");
        stream.write_all(request.as_bytes()).await.map_err(|error| refused(error.to_string()))?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() >= MAX_PROXY_ANSWER {
                return Err(refused("its answer is too long".to_owned()));
            }
            answer.push(stream.read_u8().await.map_err(|error| refused(error.to_string()))?);
        }
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.lines().next().unwrap_or_default();
        let is_success = status.split(' ').nth(1).is_some_and(|code| code.len() == 3 && code.starts_with('2'));
        if status.starts_with("HTTP/1.") && is_success { Ok(()) } else { Err(refused(status.chars().take(200).collect())) }
    }
}

fn variable(name: &str) -> Option<String> {
    [name.to_owned(), name.to_ascii_lowercase()].into_iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
}

fn proxy() -> Result<Option<Proxy>, ClientError> {
    let Some(text) = variable("HTTPS_PROXY").or_else(|| variable("ALL_PROXY")) else { return Ok(None) };
    let wrong = |reason: &str| ClientError::Address { what: "the proxy in HTTPS_PROXY", reason: reason.to_owned() };
    let text = if text.contains("://") { text } else { format!("http://{text}") };
    let url = Url::parse(&text).map_err(|error| wrong(&error.to_string()))?;
    if url.scheme() != "http" {
        return Err(wrong("only http:// proxies can be used; what goes through is encrypted anyway"));
    }
    let host = url.host_str().ok_or_else(|| wrong("it names no host"))?;
    let authorization = (!url.username().is_empty()).then(|| {
        let decoded =
            |text: &str| url::form_urlencoded::parse(text.as_bytes()).next().map_or_else(String::new, |(text, _)| text.into_owned());
        STANDARD.encode(format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default())))
    });
    Ok(Some(Proxy { address: format!("{host}:{}", url.port_or_known_default().unwrap_or(80)), authorization }))
}

/// This computer's own addresses mean another computer to a proxy; and `NO_PROXY` lists hosts and domains.
fn is_direct(url: &Url, host: &str) -> bool {
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    loopback || variable("NO_PROXY").is_some_and(|list| list.split(',').any(|entry| covers(entry.trim(), host)))
}

fn covers(entry: &str, host: &str) -> bool {
    let entry = entry.trim_start_matches("*.").trim_start_matches('.');
    if entry.is_empty() {
        return false;
    }
    let is_address = host.parse::<IpAddr>().is_ok();
    entry == "*" || entry.eq_ignore_ascii_case(host) || (!is_address && is_within(host, entry))
}

/// `a.example.org` lies within `example.org`; `badexample.org` does not.
fn is_within(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.to_ascii_lowercase(), domain.to_ascii_lowercase());
    host.strip_suffix(&domain).is_some_and(|front| front.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn no_proxy_lists_hosts_and_domains() {
        for (entry, host, expected) in [
            ("*", "help.example.org", true),
            ("example.org", "help.example.org", true),
            (".example.org", "help.example.org", true),
            ("example.org", "badexample.org", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("2.1", "192.0.2.1", false),
            ("", "help.example.org", false),
        ] {
            assert_eq!(covers(entry, host), expected, "{entry} {host}");
        }
    }
}
