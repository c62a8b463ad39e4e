//! `wattle-agent`: see [`wattle_agent::cli`].

fn main() -> std::process::ExitCode {
    wattle_agent::cli::main()
}
