//! The page for people, open in many tabs.

use std::io::BufReader;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use anyhow::Result;
use anyhow::anyhow;
use tokio::sync::oneshot;
use wattle_agent::published::Board;
use wattle_agent::snapshot::Snapshot;

use crate::door::hear;
use crate::door::serve;
use crate::table::Row;
use crate::table::Table;

const PAGES: usize = 50;
/// One hundredth of a core, in each second.
const BUDGET: Duration = Duration::from_millis(10);
/// What a page asks for, and every how many ticks at least (agent/src/page/script).
const QUESTIONS: [(&str, usize); 3] = [
    ("api/v1/report", 2),
    ("api/v1/history?last=minute", 5),
    ("api/v1/location", 30),
];
/// A page with more workloads than so many asks less often, in proportion.
const WORKLOADS_PER_TICK: usize = 400;
/// As Chromium sends them.
const HEADERS: &str = "Host: 127.0.0.1:8080\r\nConnection: keep-alive\r\nsec-ch-ua-platform: \"Linux\"\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36\r\n\
    sec-ch-ua: \"Chromium\";v=\"156\", \"Not=A?Brand\";v=\"24\"\r\nIf-None-Match: W/\"1a224e345a2-a\"\r\nsec-ch-ua-mobile: ?0\r\n\
    Accept: */*\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n";

/// Measures seconds in each of which there is a tick, and in which pages ask as they do. The ticks themselves are not counted here.
pub(crate) fn measure(snapshot: &Snapshot, seconds: usize, table: &mut Table) -> Result<()> {
    let workloads = snapshot.host.workloads.len();
    table.group(&format!("page for people, {PAGES} tabs, {workloads} workloads"));
    let board = Arc::new(Board::default());
    let sockets = wattle_door::listen(&["127.0.0.1:0".to_owned()])?;
    let address = sockets.first().context("no socket")?.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    board.publish(snapshot.clone());
    let server = serve(board.clone(), sockets, stopped)?;
    let asked = live(&board, snapshot, address, seconds)?;
    drop(stop);
    let cpu = server.join().map_err(|_| anyhow!("the door panicked"))??;
    let each = cpu / u32::try_from(seconds)?;
    let what = format!("CPU of the agent in each second ({} requests)", asked / seconds);
    table.add(Row::single(&what, each).at_most(BUDGET));
    Ok(())
}

fn live(board: &Board, snapshot: &Snapshot, address: SocketAddr, seconds: usize) -> Result<usize> {
    let slower = snapshot.host.workloads.len().div_ceil(WORKLOADS_PER_TICK);
    let mut body = Vec::new();
    // Whoever connects has to ask at once, as a page does when it is opened.
    let mut open = || -> Result<_> {
        let mut page = BufReader::new(TcpStream::connect(address)?);
        write!(page.get_mut(), "GET / HTTP/1.1\r\n{HEADERS}\r\n")?;
        hear(&mut page, &mut body)?;
        Ok(page)
    };
    let mut pages = (0..PAGES).map(|_| open()).collect::<Result<Vec<_>>>()?;
    let mut asked = 0;
    for second in 0..seconds {
        let mut next = snapshot.clone();
        next.host.ticks += second as u64;
        board.publish(next);
        for (number, page) in pages.iter_mut().enumerate() {
            for (path, every) in QUESTIONS {
                if (second + number).is_multiple_of(every.max(slower)) {
                    write!(page.get_mut(), "GET /{path} HTTP/1.1\r\n{HEADERS}\r\n")?;
                    hear(page, &mut body)?;
                    asked += 1;
                }
            }
        }
    }
    Ok(asked)
}
