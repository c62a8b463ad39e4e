//! `wattle-controller`: see [`wattle_controller::cli`].

fn main() -> std::process::ExitCode {
    wattle_controller::cli::main()
}
