//! Agents that are none: each path of one listener answers as its first part says.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

/// How an agent that is none answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Well,
    /// Not at all.
    Hangs,
    /// A byte now and then.
    Drips,
    /// With what is no HTTP.
    Garbage,
    /// With what is no page.
    Nonsense,
    /// With a page without an end.
    Endless,
    /// With one line without an end.
    LongLine,
    /// By ending the connection in the middle.
    Breaks,
}

pub(super) const HOSTILE: [Manner; 7] = [
    Manner::Hangs,
    Manner::Drips,
    Manner::Garbage,
    Manner::Nonsense,
    Manner::Endless,
    Manner::LongLine,
    Manner::Breaks,
];

/// What was asked of it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) times: BTreeMap<String, u64>,
    now: usize,
    pub(super) most: usize,
}

/// It listens as long as the runtime lives.
pub(super) struct Stub {
    pub(super) address: SocketAddr,
    pub(super) asked: Arc<Mutex<Asked>>,
}

impl Stub {
    /// `page` is what those say who answer well.
    pub(super) async fn start(page: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Asked::default()));
        let shared = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let asked = Arc::clone(&shared);
                tokio::spawn(async move {
                    enter(&asked, 1);
                    answer(stream, page, &asked).await;
                    enter(&asked, -1);
                });
            }
        });
        Self { address, asked }
    }

    /// Writes a file of targets, each with a name and a manner.
    pub(super) fn write_targets(&self, file: &Path, targets: &[(String, Manner)]) {
        let mut text = String::new();
        for (name, manner) in targets {
            let address = self.address;
            writeln!(
                text,
                "- {{targets: ['{address}'], labels: {{host: '{name}', __metrics_path__: '/{manner:?}/{name}'}}}}"
            )
            .unwrap();
        }
        std::fs::write(file, text).unwrap();
    }

    pub(super) fn times(&self, name: &str) -> u64 {
        self.asked
            .lock()
            .unwrap()
            .times
            .get(name)
            .copied()
            .unwrap_or_default()
    }
}

fn enter(asked: &Mutex<Asked>, by: isize) {
    let mut asked = asked.lock().unwrap();
    asked.now = asked.now.saturating_add_signed(by);
    asked.most = asked.most.max(asked.now);
}

async fn answer(mut stream: TcpStream, page: &str, asked: &Mutex<Asked>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut piece = [0; 1024];
        match stream.read(&mut piece).await {
            Ok(count) if count > 0 => request.extend_from_slice(&piece[..count]),
            _ => return,
        }
    }
    let request = String::from_utf8(request).unwrap();
    let path = request.split(' ').nth(1).unwrap().to_owned();
    let (manner, name) = path.trim_start_matches('/').split_once('/').unwrap();
    *asked.lock().unwrap().times.entry(name.to_owned()).or_default() += 1;
    // Who is given up on is told so by an error, and ends.
    let _ = behave(&mut stream, manner, page).await;
}

async fn behave(stream: &mut TcpStream, manner: &str, page: &str) -> std::io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n";
    match manner {
        "Well" => {
            let length = page.len();
            let whole = format!("{head}Content-Length: {length}\r\n\r\n{page}");
            stream.write_all(whole.as_bytes()).await
        }
        "Hangs" => gone(stream).await,
        "Drips" => {
            stream.write_all(format!("{head}\r\n").as_bytes()).await?;
            loop {
                stream.write_all(b"#").await?;
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
        "Garbage" => stream.write_all(&[0xfe; 5000]).await,
        "Nonsense" => {
            stream
                .write_all(format!("{head}\r\n<html>hello</html>\n").as_bytes())
                .await
        }
        "Endless" => {
            stream.write_all(format!("{head}\r\n").as_bytes()).await?;
            let lines = "wattle_host_cpus{a=\"b\"} 8\n".repeat(1000);
            loop {
                stream.write_all(lines.as_bytes()).await?;
            }
        }
        "LongLine" => {
            stream
                .write_all(format!("{head}\r\nwattle_host_cpus{{a=\"").as_bytes())
                .await?;
            loop {
                stream.write_all(&[b'x'; 65_536]).await?;
            }
        }
        _ => {
            stream
                .write_all(format!("{head}Content-Length: 100000\r\n\r\nwattle_host_cpus 8\n").as_bytes())
                .await
        }
    }
}

/// Until the other end has given up.
async fn gone(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut rest = [0; 64];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}
