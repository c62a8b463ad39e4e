//! Scrapes through the real door, over loopback.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use anyhow::Result;
use anyhow::anyhow;
use tokio::sync::oneshot;
use wattle_agent::clock::Clock;
use wattle_agent::clock::SystemClock;
use wattle_agent::exposition::Encoding;
use wattle_agent::exposition::Format;
use wattle_agent::published::Board;
use wattle_agent::snapshot::Snapshot;
use wattle_agent::web::Pages;
use wattle_door::Door;
use wattle_door::Limits;
use wattle_door::WebConfig;

use crate::samples::Samples;
use crate::samples::cpu_time;
use crate::snapshots::series;
use crate::table::Row;
use crate::table::Table;

const BUDGET_P99: Duration = Duration::from_millis(2);
const BUDGET_CPU: Duration = Duration::from_millis(1);

/// Measures scrapes of a snapshot that was rendered before.
pub(crate) fn measure(snapshot: Snapshot, scrapes: usize, table: &mut Table) -> Result<()> {
    table.group(&format!(
        "scrape by HTTP, rendered before, {} series",
        series(&snapshot)?
    ));
    let board = Arc::new(Board::default());
    board.publish(snapshot);
    for (name, header, encoding) in [
        (
            "gzip, as Prometheus asks",
            "Accept-Encoding: gzip\r\n",
            Encoding::Gzip,
        ),
        ("not packed", "", Encoding::Identity),
    ] {
        let latest = board.latest().context("nothing published")?;
        latest
            .body(Format::Text, encoding)
            .context("cannot be rendered")?;
        let (waits, cpu) = scrape(&board, header, scrapes)?;
        let row = |what: &str, value| Row::single(&format!("{name}: {what}"), value);
        table.add(row("p50", waits.at(500)));
        table.add(row("p99", waits.at(990)).at_most(BUDGET_P99));
        table.add(row("CPU of the agent", cpu).at_most(BUDGET_CPU));
    }
    Ok(())
}

/// How long each scrape took for the client, and what one costs the agent.
fn scrape(board: &Arc<Board>, header: &str, scrapes: usize) -> Result<(Samples, Duration)> {
    let sockets = wattle_door::listen(&["127.0.0.1:0".to_owned()])?;
    let address = sockets.first().context("no socket")?.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let server = serve(board.clone(), sockets, stopped)?;
    let waits = ask(address, header, scrapes)?;
    drop(stop);
    let cpu = server.join().map_err(|_| anyhow!("the door panicked"))??;
    Ok((waits, cpu / u32::try_from(scrapes)?))
}

/// Serves in a thread until the other end of `stopped` is gone; returns the thread's CPU time.
pub(crate) fn serve(
    board: Arc<Board>,
    sockets: Vec<TcpListener>,
    stopped: oneshot::Receiver<()>,
) -> Result<JoinHandle<Result<Duration>>> {
    let pages = Pages {
        board,
        clock: Arc::new(SystemClock),
    };
    let door = Door::new(
        Arc::new(pages),
        Arc::new(WebConfig::open(None)?),
        Limits::default(),
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(std::thread::spawn(move || {
        let before = cpu_time();
        runtime.block_on(door.serve(sockets, async { drop(stopped.await) }))?;
        Ok(cpu_time().saturating_sub(before))
    }))
}

/// One scrape on a connection of its own.
pub(crate) fn scrape_once(address: &str, header: &str) -> Result<()> {
    ask(address.parse()?, &format!("{header}\r\n"), 1).map(drop)
}

/// One scrape after the other on one connection, as Prometheus keeps it.
fn ask(address: SocketAddr, header: &str, scrapes: usize) -> Result<Samples> {
    let mut stream = BufReader::with_capacity(256 << 10, TcpStream::connect(address)?);
    stream.get_ref().set_nodelay(true)?;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: bench\r\n{header}\r\n");
    let (mut waits, mut body) = (Samples::default(), Vec::new());
    for _ in 0..scrapes {
        let before = SystemClock.steady();
        stream.get_mut().write_all(request.as_bytes())?;
        hear(&mut stream, &mut body)?;
        waits.push(SystemClock.steady().saturating_sub(before));
    }
    Ok(waits)
}

/// Reads one answer of a stated length.
pub(crate) fn hear(stream: &mut impl BufRead, body: &mut Vec<u8>) -> Result<()> {
    let (mut line, mut length) = (String::new(), None);
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = Some(value.parse::<usize>()?);
            }
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    body.resize(length.context("an answer without a length")?, 0);
    Ok(stream.read_exact(body)?)
}
