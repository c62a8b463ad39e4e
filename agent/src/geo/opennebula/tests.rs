//! Against a stub that keeps what it is called with.

use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::Mutex;

use super::OpenNebula;
use super::OpenNebulaError;
use super::Outcome;
use crate::geo::Coordinates;
use crate::geo::Location;
use crate::geo::Place;
use crate::geo::Source;

/// One host with an attribute that can be set.
struct Stub {
    url: String,
    calls: Arc<Mutex<Vec<String>>>,
}

fn answer(body: &str, attribute: &mut String) -> String {
    let within = |from: &str, to: &str| {
        body.split_once(from)?
            .1
            .split_once(to)
            .map(|(text, _)| text.to_owned())
    };
    let (worked, result) = match within("<methodName>", "</methodName>").as_deref() {
        _ if !body.contains("<string>oneadmin:pass&amp;word</string>") => (0, "no such user".to_owned()),
        Some("one.hostpool.info") => (
            1,
            format!(
                "<HOST_POOL><HOST><ID>4</ID><NAME>node4</NAME><TEMPLATE><GEOLOCATION>{attribute}</GEOLOCATION></TEMPLATE></HOST></HOST_POOL>"
            ),
        ),
        Some("one.host.info") if body.contains("<i4>4</i4>") => (
            1,
            format!(
                "<HOST><ID>4</ID><NAME>node4</NAME><TEMPLATE><GEOLOCATION>{attribute}</GEOLOCATION></TEMPLATE></HOST>"
            ),
        ),
        Some("one.host.update") => {
            *attribute = within("GEOLOCATION=\"", "\"").unwrap();
            (1, "4".to_owned())
        }
        _ => (0, "Error getting host".to_owned()),
    };
    let result = result.replace('<', "&lt;");
    format!(
        "<?xml version=\"1.0\"?><methodResponse><params><param><value><array><data><value><boolean>{worked}</boolean></value>\
         <value><string>{result}</string></value><value><i4>0</i4></value></data></array></value></param></params></methodResponse>"
    )
}

impl Stub {
    fn new(attribute: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://localhost:{}/RPC2", listener.local_addr().unwrap().port());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (kept, mut attribute) = (calls.clone(), attribute.to_owned());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let (mut request, mut chunk) = (String::new(), [0; 4096]);
                while !request.contains("</methodCall>") {
                    match stream.read(&mut chunk) {
                        Ok(0) | Err(_) => break,
                        Ok(count) => request.push_str(std::str::from_utf8(&chunk[..count]).unwrap()),
                    }
                }
                kept.lock().unwrap().push(request.clone());
                let body = answer(&request, &mut attribute);
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).unwrap();
            }
        });
        Self { url, calls }
    }

    fn write(&self, auth: &str, host: &str, location: &Location) -> Result<Outcome, OpenNebulaError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(auth.as_bytes()).unwrap();
        OpenNebula::new(self.url.parse().unwrap(), file.path(), None)?.write(host, location)
    }

    /// The methods that were called.
    fn methods(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        let method = |call: &String| {
            let rest = call.split_once("<methodName>").unwrap().1;
            rest.split_once('<').unwrap().0.to_owned()
        };
        calls.iter().map(method).collect()
    }
}

fn stockholm() -> Location {
    Location(vec![Place {
        coordinates: Coordinates::new(59.3294, 18.0687),
        country: "SE".to_owned(),
        city: String::new(),
        site: String::new(),
        source: Source::Configuration,
        address: None,
    }])
}

const AUTH: &str = "oneadmin:pass&word\n";

#[test]
fn the_attribute_is_set_once_and_left_alone_when_it_is_right() {
    for host in ["node4", "4"] {
        let stub = Stub::new("1.0000,2.0000");
        let before = "1.0000,2.0000".to_owned();
        assert_eq!(
            stub.write(AUTH, host, &stockholm()).unwrap(),
            Outcome::Changed { before }
        );
        assert_eq!(stub.write(AUTH, host, &stockholm()).unwrap(), Outcome::Unchanged);
        let info = if host == "4" {
            "one.host.info"
        } else {
            "one.hostpool.info"
        };
        assert_eq!(stub.methods(), [info, "one.host.update", info]);
        let update = stub.calls.lock().unwrap()[1].clone();
        assert!(update.contains("<i4>4</i4>"), "{update}");
        assert!(
            update.contains("<string>GEOLOCATION=\"59.3294,18.0687\"</string>"),
            "{update}"
        );
        assert!(
            update.ends_with("<param><value><i4>1</i4></value></param></params></methodCall>"),
            "{update}"
        );
    }
}

#[test]
fn nothing_is_written_without_a_place_or_a_host_or_the_right_password() {
    let stub = Stub::new("");
    assert!(matches!(
        stub.write(AUTH, "node4", &Location::default()),
        Err(OpenNebulaError::NoLocation)
    ));
    assert!(matches!(
        stub.write(AUTH, "node5", &stockholm()),
        Err(OpenNebulaError::NoHost(_))
    ));
    assert!(matches!(
        stub.write(AUTH, "5", &stockholm()),
        Err(OpenNebulaError::Refused { .. })
    ));
    let refused = stub.write("oneadmin:wrong", "node4", &stockholm()).unwrap_err();
    assert_eq!(refused.to_string(), "one.hostpool.info: no such user");
    for auth in ["", "oneadmin", "a:b\nc:d"] {
        assert!(matches!(
            stub.write(auth, "node4", &stockholm()),
            Err(OpenNebulaError::Credentials { .. })
        ));
    }
    assert!(!stub.methods().contains(&"one.host.update".to_owned()));
}
