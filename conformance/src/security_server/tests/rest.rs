use http::Method;

use super::adapter::{Reply, ok};
use super::bench::{Bench, REST_PATH, client, rest_id, soap_id};
use crate::security_server::{AccessRight, Answer, ConsumerConfig, Release, Tamper};

/// Name, path behind the service code, headers, expected code.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

const CLIENT: (&str, &str) = ("X-Road-Client", "FI-TEST/GOV/9999906-0/asiointi");

async fn call(bench: &Bench, method: Method, path: &str, headers: &[(&str, &str)], body: &'static str) -> Answer {
    bench.consumer.call_rest(method, &format!("{REST_PATH}{path}"), headers, body).await.unwrap()
}

#[tokio::test]
async fn request_has_the_security_servers_headers() {
    let bench = Bench::start().await;
    bench.adapter.script(|_| ok("application/json", "{}"));
    let headers = [
        CLIENT,
        ("Accept", "application/json"),
        ("X-Road-Request-Id", "forged"),
        ("X-Road-Request-Hash", "forged"),
        ("X-Road-Service", "forged"),
        ("X-Road-UserId", "FI1"),
        ("User-Agent", "consumer"),
        ("Keep-Alive", "1"),
        ("TE", "trailers"),
        ("Expect", "100-continue"),
        ("Proxy-Authorization", "x"),
        ("Authorization", "Bearer x"),
    ];
    let answer = call(&bench, Method::POST, "/v1/x%C3%A4?a=b", &headers, "{\"a\":1}").await;
    assert_eq!(answer.status, 200);
    let seen = bench.adapter.last();
    assert_eq!(seen.line, "POST /rest/v1/v1/x%C3%A4?a=b HTTP/1.1");
    assert_eq!(seen.text(), "{\"a\":1}");
    let names: Vec<String> = seen.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    assert_eq!(
        names,
        [
            "x-road-client",
            "accept",
            "x-road-service",
            "x-road-userid",
            "authorization",
            "x-road-request-id",
            "x-road-id",
            "host",
            "connection",
            "user-agent",
            "accept-encoding",
            "content-length"
        ]
    );
    assert_eq!(seen.header("content-length"), Some("7"));
    assert_eq!(seen.header("accept-encoding"), Some("gzip,deflate"));
    assert!(seen.header("user-agent").unwrap().starts_with("Apache-HttpClient/"));
    assert!(seen.header("x-road-id").unwrap().starts_with("FI-TEST-"));
    assert_eq!(seen.header("x-road-request-id").map(str::len), Some(36));
    assert_ne!(seen.header("x-road-request-id"), Some("forged"));
    // The consumer's own id and coding stay.
    call(&bench, Method::GET, "", &[CLIENT, ("X-Road-Id", "my-id"), ("Accept-Encoding", "identity")], "").await;
    let seen = bench.adapter.last();
    assert_eq!(seen.line, "GET /rest/v1 HTTP/1.1");
    assert_eq!((seen.all("x-road-id"), seen.all("accept-encoding")), (vec!["my-id"], vec!["identity"]));
    assert_eq!(seen.header("content-length"), None);
}

#[tokio::test]
async fn bodies_go_with_three_methods_only() {
    let bench = Bench::start().await;
    bench.adapter.script(|_| ok("text/plain", "x"));
    for (method, delivered) in [
        (Method::POST, true),
        (Method::PUT, true),
        (Method::PATCH, true),
        (Method::DELETE, false),
        (Method::GET, false),
        (Method::OPTIONS, false),
        (Method::TRACE, false),
        (Method::HEAD, false),
    ] {
        let answer = call(&bench, method.clone(), "/a", &[CLIENT], "body").await;
        let seen = bench.adapter.last();
        assert_eq!(seen.text(), if delivered { "body" } else { "" }, "{method}");
        assert_eq!(seen.header("content-length"), delivered.then_some("4"), "{method}");
        assert!(seen.line.starts_with(method.as_str()));
        assert_eq!(answer.text(), if method == Method::HEAD { "" } else { "x" });
    }
    call(&bench, Method::POST, "/a", &[CLIENT], "").await;
    assert_eq!(bench.adapter.last().header("content-length"), Some("0"));
}

#[tokio::test]
async fn responses_are_filtered_and_marked() {
    let bench = Bench::start().await;
    bench.adapter.script(|_| {
        let headers = [
            ("Content-Type", "application/problem+json"),
            ("Server", "leaky"),
            ("Keep-Alive", "timeout=5"),
            ("X-Road-Id", "forged"),
            ("X-Road-Client", "forged"),
            ("X-Road-Request-Id", "forged"),
            ("X-Road-Request-Hash", "forged"),
            ("X-Road-Service", "forged"),
            ("X-Road-Error", "forged"),
            ("ETag", "\"1\""),
            ("Set-Cookie", "a=b; Path=/"),
            ("Location", "https://elsewhere.example/"),
        ];
        Reply::Http(404, headers.map(|(n, v)| (n, v.to_owned())).to_vec(), b"{\"title\":\"no\"}".to_vec())
    });
    let answer = call(&bench, Method::GET, "/a", &[CLIENT, ("X-Road-Id", "q1")], "").await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (404, "{\"title\":\"no\"}"));
    let all =
        |name: &str| answer.headers.get_all(name).iter().map(|v| v.to_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(all("x-road-id"), ["q1"]);
    assert_eq!(all("x-road-client"), ["FI-TEST/GOV/9999906-0/asiointi"]);
    assert_eq!(all("x-road-service"), ["forged", "FI-TEST/MUN/1234567-1/palvelut/items"]);
    assert_eq!(all("x-road-error"), ["forged"], "an adapter that sends it looks like a security server");
    assert_eq!(all("x-road-request-id"), [bench.adapter.last().header("x-road-request-id").unwrap()]);
    assert_eq!(all("x-road-request-hash").len(), 1);
    assert_ne!(all("x-road-request-hash"), ["forged"]);
    assert_eq!((all("etag"), all("server"), all("keep-alive")), (vec!["\"1\"".to_owned()], vec![], vec![]));
    assert_eq!(all("set-cookie"), ["a=b; Path=/"], "forwarded and remembered");
    call(&bench, Method::GET, "/a", &[CLIENT, ("Cookie", "own=1")], "").await;
    assert_eq!(bench.adapter.last().all("cookie"), ["own=1", "a=b"]);
    // Redirects are passed on, not followed.
    let before = bench.adapter.seen().len();
    bench.adapter.script(|_| Reply::Http(302, vec![("Location", "/x".to_owned())], vec![]));
    let answer = call(&bench, Method::GET, "/a", &[CLIENT], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (302, Some("/x")));
    assert_eq!(bench.adapter.seen().len(), before + 1);
    assert_eq!(bench.provider.stats().failed(), 0, "a provider's own error is no failure of X-Road");
}

#[tokio::test]
async fn codings_are_undone() {
    use std::io::Write as _;
    let bench = Bench::start().await;
    let text = b"hello hello hello".repeat(1000);
    let level = flate2::Compression::fast();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
    gzip.write_all(&text).unwrap();
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), level);
    zlib.write_all(&text).unwrap();
    let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), level);
    raw.write_all(&text).unwrap();
    let cases =
        [("gzip", gzip.finish().unwrap()), ("deflate", zlib.finish().unwrap()), ("deflate", raw.finish().unwrap())];
    for (coding, body) in cases {
        bench.adapter.script(move |_| {
            let headers = vec![
                ("Content-Encoding", coding.to_owned()),
                ("Content-MD5", "x".to_owned()),
                ("ETag", "e".to_owned()),
            ];
            Reply::Http(200, headers, body.clone())
        });
        let answer = call(&bench, Method::GET, "", &[CLIENT], "").await;
        assert!(answer.body == text);
        assert!(answer.headers.get("content-encoding").is_none() && answer.headers.get("content-md5").is_none());
        assert_eq!(answer.header("etag"), Some("e"));
    }
}

#[tokio::test]
async fn large_bodies_are_spooled_both_ways() {
    let bench = Bench::start().await;
    bench.adapter.script(|seen| ok("application/octet-stream", seen.body.clone()));
    let body: Vec<u8> = (0..5_000_000_u32).map(|n| (n % 249) as u8).collect();
    let answer = bench.consumer.call_rest(Method::PUT, REST_PATH, &[CLIENT], body.clone()).await.unwrap();
    assert_eq!(bench.adapter.last().header("content-length"), Some("5000000"));
    assert!(answer.body == body);
}

#[tokio::test]
async fn errors_have_their_shape() {
    let bench = Bench::start().await;
    bench.adapter.script(|_| ok("text/plain", "x"));
    let cases: [Case; 12] = [
        ("no client", "", &[], "Server.ClientProxy.InvalidClientIdentifier"),
        ("short client", "", &[("X-Road-Client", "FI/GOV")], "Server.ClientProxy.InvalidClientIdentifier"),
        ("bad escape", "", &[("X-Road-Client", "FI/GOV/%zz/x")], "Server.ClientProxy.InvalidClientIdentifier"),
        ("no right", "", &[("X-Road-Client", "FI/GOV/1/x")], "Server.ServerProxy.AccessDenied"),
        ("bad server", "", &[CLIENT, ("X-Road-Security-Server", "a/b/c")], "Server.ClientProxy.InvalidRequest"),
        ("bad party", "", &[CLIENT, ("X-Road-Represented-Party", "a/b/c")], "Server.ClientProxy.InvalidRequest"),
        ("space in path", "/a%20b", &[CLIENT], "Server.ServerProxy.InternalError"),
        ("unknown service", "x", &[CLIENT], "Server.ServerProxy.UnknownService"),
        ("method", "", &[CLIENT, ("X-Method", "PURGE")], "Server.ClientProxy.InvalidHttpMethod"),
        ("short path", "SHORT", &[CLIENT], "Server.ClientProxy.InternalError"),
        ("bad segment", "SEGMENT", &[CLIENT], "Server.ClientProxy.InternalError"),
        ("SOAP service", "SOAP", &[CLIENT], "Server.ServerProxy.UnknownService"),
    ];
    for (name, path, headers, expected) in cases {
        let target = match path {
            "SHORT" => "/r1/FI-TEST/MUN/1234567-1/palvelut".to_owned(),
            "SEGMENT" => "/r1/FI-TEST/MUN/1234567-1/%FF/items".to_owned(),
            "SOAP" => REST_PATH.replace("items", "getItem"),
            path => format!("{REST_PATH}{path}"),
        };
        let method = headers.iter().find(|(n, _)| *n == "X-Method").map_or("GET", |(_, v)| v);
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = bench.consumer.call_rest(method, &target, headers, "").await.unwrap();
        assert_eq!(answer.status, 500, "{name}");
        assert_eq!(answer.header("x-road-error"), Some(expected), "{name}");
        let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(json["type"], expected);
        assert_eq!(json["detail"].as_str().map(str::len), Some(36));
    }
    assert!(bench.adapter.seen().is_empty());
    for (accept, xml) in [
        ("application/xml", true),
        ("text/*;q=0.1, application/json", true),
        ("application/json, text/xml", false),
        ("image/png", false),
    ] {
        let answer = call(&bench, Method::GET, "", &[("Accept", accept)], "").await;
        assert_eq!(answer.text().contains("<error><type>Server.ClientProxy."), xml, "{accept}");
    }
    // A SOAP service without version, called over REST.
    let versionless = crate::security_server::ServiceId::new(rest_id().provider, "plain", None);
    let mut service = bench.provider.services().into_iter().find(|s| s.id == soap_id()).unwrap();
    service.id = versionless;
    bench.provider.put_service(service);
    let answer =
        bench.consumer.call_rest(Method::GET, &REST_PATH.replace("items", "plain"), &[CLIENT], "").await.unwrap();
    assert_eq!(answer.header("x-road-error"), Some("Server.ServerProxy.ServiceType"));
    // Jetty's own refusals carry no X-Road-Error.
    for path in ["//a", "/%2e%2e/a", "/a%252e"] {
        let answer = call(&bench, Method::GET, path, &[CLIENT], "").await;
        assert_eq!((answer.status.as_u16(), answer.header("x-road-error")), (400, None), "{path}");
    }
}

#[tokio::test]
async fn several_clients_and_rights_by_endpoint() {
    let bench = Bench::start().await;
    bench.adapter.script(|_| ok("text/plain", "x"));
    // The last header decides; all of them reach the adapter.
    let two = [("X-Road-Client", "FI/GOV/1/x"), CLIENT];
    assert_eq!(call(&bench, Method::GET, "/a", &two, "").await.status, 200);
    assert_eq!(bench.adapter.last().all("x-road-client"), ["FI/GOV/1/x", CLIENT.1]);
    let swapped = [CLIENT, ("X-Road-Client", "FI/GOV/1/x")];
    let answer = call(&bench, Method::GET, "/a", &swapped, "").await;
    assert_eq!(answer.header("x-road-error"), Some("Server.ServerProxy.AccessDenied"));
    let only = AccessRight::endpoint(client(), "GET", "/services/*");
    assert!(bench.provider.change_service(&rest_id(), |service| service.access = vec![only]));
    for (method, path, allowed) in [
        (Method::GET, "/services/1", true),
        (Method::POST, "/services/1", false),
        (Method::GET, "/services/1/x", false),
        (Method::GET, "/services/1%2Fx", false),
        (Method::GET, "/services/a%3Fb", true),
    ] {
        let answer = call(&bench, method, path, &[CLIENT], "").await;
        assert_eq!(answer.status == 200, allowed, "{path}");
    }
}

#[tokio::test]
async fn mixed_releases_flip_the_status() {
    for (provider, consumer, status, code) in [
        (Release::UpTo7_7, Release::UpTo7_7, 500, "Server.ServerProxy.UnknownService"),
        (Release::From7_8, Release::From7_8, 500, "server.serverproxy.unknown_service"),
        (Release::From7_8, Release::UpTo7_7, 400, "server.serverproxy.unknown_service"),
        (Release::UpTo7_7, Release::From7_8, 400, "Server.ServerProxy.UnknownService"),
    ] {
        let config = ConsumerConfig { release: consumer, ..ConsumerConfig::default() };
        let bench = Bench::with(|config| config.release = provider, config).await;
        let answer = call(&bench, Method::GET, "x", &[CLIENT], "").await;
        assert_eq!((answer.status.as_u16(), answer.header("x-road-error")), (status, Some(code)));
    }
}

#[tokio::test]
async fn request_hash_is_verified() {
    let bench = Bench::start().await;
    bench.adapter.script(|_| ok("text/plain", "x"));
    for tamper in [Tamper::WrongHash, Tamper::NoHash] {
        bench.provider.set_tamper(tamper);
        let answer = call(&bench, Method::GET, "", &[CLIENT], "").await;
        assert_eq!(answer.header("x-road-error"), Some("Server.ClientProxy.InconsistentResponse"));
    }
    bench.provider.set_tamper(Tamper::None);
    // A hash that a consumer can recompute: it knows every header it sent, in lower case, and the request id.
    let sent = [CLIENT, ("X-Road-Id", "q1")];
    let answer = call(&bench, Method::DELETE, "/a?b", &sent, "counts though not delivered").await;
    let request_id = answer.header("x-road-request-id").unwrap().to_owned();
    let body = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, b"counts though not delivered");
    let expected = crate::security_server::hash::rest(
        "DELETE",
        &format!("{REST_PATH}/a?b"),
        [
            ("x-road-client", CLIENT.1.as_bytes()),
            ("x-road-id", b"q1".as_slice()),
            ("x-road-request-id", request_id.as_bytes()),
        ],
        Some(body.as_ref()),
    );
    assert_eq!(answer.header("x-road-request-hash"), Some(expected.as_str()));
}
