//! Agents that say what a test wants them to say.

use std::fmt::Write as _;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;

/// What an agent says of its host.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) cpus: f64,
    pub(crate) static_watts: f64,
    pub(crate) full_load_watts: f64,
    pub(crate) grams: f64,
    /// To others, in seconds.
    pub(crate) delays: Vec<(&'static str, f64)>,
    /// Whether it answers.
    pub(crate) answers: bool,
}

/// An agent that says what a test wants it to say. Its thread ends with the test.
#[derive(Debug)]
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    figures: Arc<Mutex<Figures>>,
}

impl Stub {
    pub(crate) fn start(figures: Figures) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let figures = Arc::new(Mutex::new(figures));
        let shared = Arc::clone(&figures);
        std::thread::spawn(move || {
            for (round, stream) in listener.incoming().enumerate() {
                let figures = shared.lock().unwrap().clone();
                if figures.answers
                    && let Ok(stream) = stream
                {
                    // The controller may have gone.
                    let _ = answer(stream, &page(&figures, round + 1));
                }
            }
        });
        Self { address, figures }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.figures.lock().unwrap());
    }
}

fn answer(mut stream: TcpStream, page: &str) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let length = page.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
    )
}

/// Counters grow with every round, as those of an agent do.
fn page(figures: &Figures, round: usize) -> String {
    let Figures {
        cpus,
        static_watts,
        full_load_watts,
        grams,
        ..
    } = figures;
    let idle = cpus * round as f64;
    let mut page = format!(
        "wattle_host_power_watts{{component=\"cpu\"}} {static_watts}\n\
         wattle_power_model_watts{{component=\"cpu\",socket=\"0\",term=\"static\"}} {static_watts}\n\
         wattle_power_model_watts{{component=\"cpu\",socket=\"0\",term=\"full_load\"}} {full_load_watts}\n\
         wattle_host_cpus {cpus}\n\
         wattle_host_cpu_seconds_total{{mode=\"idle\"}} {idle}\n\
         wattle_host_cpu_seconds_total{{mode=\"user\"}} 1\n\
         wattle_host_memory_bytes{{state=\"total\"}} 68719476736\n\
         wattle_host_memory_bytes{{state=\"available\"}} 60000000000\n\
         wattle_sensor_info{{sensor=\"component/cpu\",quality=\"measured\"}} 1\n\
         wattle_grid_carbon_intensity_grams_per_kilowatt_hour{{zone=\"X\",source=\"x\"}} {grams}\n"
    );
    let packets = 1000 * round;
    for (peer, seconds) in &figures.delays {
        // Between a bound that holds nobody and one that holds all.
        for (bound, count) in [(seconds / 2.0, 0), (*seconds, packets)] {
            writeln!(
                page,
                "wattle_rtt_seconds_bucket{{peer=\"{peer}\",method=\"stamp\",le=\"{bound}\"}} {count}"
            )
            .unwrap();
        }
        writeln!(
            page,
            "wattle_rtt_seconds_bucket{{peer=\"{peer}\",method=\"stamp\",le=\"+Inf\"}} {packets}"
        )
        .unwrap();
    }
    page
}
