//! The server's doors: this computer alone, this server's own pages alone, and nothing that is too big.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};

use crate::support::{REQUEST, Server, encode};

/// Sends a request as it stands and gives the answer.
fn knock(server: &Server, request: &str) -> String {
    let address = server.running.issuer().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.replace("HERE", address).as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nhost: HERE\r\nconnection: close\r\n\r\n")
}

fn post(target: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {target} HTTP/1.1\r\nhost: HERE\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";

#[test]
fn it_listens_on_the_loopback_address_only() {
    let server = Server::start();
    let address: SocketAddr = server.running.issuer().strip_prefix("http://").unwrap().parse().unwrap();
    assert_eq!(address.ip(), IpAddr::V4(Ipv4Addr::LOCALHOST));
    // Every other address of this computer, loopback ones included, is closed.
    for other in ["127.0.0.2", "::1"] {
        assert!(TcpStream::connect((other.parse::<IpAddr>().unwrap(), address.port())).is_err(), "{other}");
    }
}

#[test]
fn a_request_by_another_name_is_refused() {
    let server = Server::start();
    for host in ["rebound.example", "localhost", "127.0.0.1"] {
        let answer = knock(&server, &format!("GET /keys HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 421"), "{host}: {answer}");
    }
    assert!(knock(&server, &get("/keys")).starts_with("HTTP/1.1 200"));
}

#[test]
fn pages_have_no_script_and_are_nobodys_frame() {
    let server = Server::start();
    let page = knock(&server, &get(&format!("/authorize?{}", encode(&REQUEST))));
    assert!(page.contains("content-security-policy: default-src 'none'") && page.contains("frame-ancestors 'none'"), "{page}");
    assert!(page.contains("cache-control: no-store") && !page.contains("<script"), "{page}");
    for shown in ["Hanna Virtanen", "Support engineer", "Sam Okafor", "/picture?sam", "guest", "development sign-in"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let picture = ureq::get(format!("{}/picture?hanna", server.running.issuer())).call().unwrap();
    assert_eq!(picture.headers()["content-type"], "image/png");
    assert_eq!(
        picture.into_body().read_to_vec().unwrap(),
        server.running.people().person("hanna").unwrap().picture.as_ref().unwrap().bytes()
    );
}

#[test]
fn what_a_request_says_is_never_part_of_the_page() {
    let server = Server::start();
    let mut request = REQUEST.to_vec();
    request.push(("acr_values", "<img/src=x> \"'&"));
    let page = knock(&server, &get(&format!("/authorize?{}", encode(&request))));
    assert!(page.contains("&lt;img/src=x&gt;") && !page.contains("<img/src"), "{page}");
}

#[test]
fn only_its_own_pages_form_is_taken() {
    let server = Server::start();
    let page = knock(&server, &get(&format!("/authorize?{}", encode(&REQUEST))));
    let handle = page.split("name=\"request\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = encode(&[("request", &handle), ("person", "sam")]);
    for (headers, body) in [
        (format!("{FORM}origin: https://evil.example\r\n"), form.clone()),
        ("content-type: text/plain\r\n".to_owned(), form.clone()),
        (FORM.to_owned(), encode(&[("person", "sam")])),
        (FORM.to_owned(), encode(&[("request", &handle)])),
        (FORM.to_owned(), encode(&[("request", &handle), ("person", "sam"), ("cancel", "yes")])),
        (FORM.to_owned(), encode(&[("request", &handle), ("person", "sam"), ("person", "hanna")])),
    ] {
        let answer = knock(&server, &post("/sign-in", &headers, &body));
        assert!(answer.starts_with("HTTP/1.1 400"), "{headers}{body}: {answer}");
    }
    let answer = knock(&server, &post("/sign-in", FORM, &form));
    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("location: http://127.0.0.1:4711/signed-in?code="), "{answer}");
}

#[test]
fn a_token_request_is_a_form_without_a_secret() {
    let server = Server::start();
    for (headers, error) in [
        ("content-type: application/json\r\n".to_owned(), "invalid_request"),
        (format!("{FORM}authorization: Basic eDp5\r\n"), "invalid_client"),
        (FORM.to_owned(), "invalid_request"),
    ] {
        let answer = knock(&server, &post("/token", &headers, "{}"));
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains(&format!("\"error\":\"{error}\"")), "{answer}");
    }
    let big = knock(&server, &post("/token", FORM, &format!("code={}", "x".repeat(20_000))));
    assert!(big.starts_with("HTTP/1.1 413"), "{big}");
    assert!(knock(&server, &get("/token")).starts_with("HTTP/1.1 405"));
    assert!(knock(&server, &get("/userinfo")).starts_with("HTTP/1.1 404"));
}
