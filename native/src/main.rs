//! The `parqlet` command.

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    cli::commands::quiet_decoder_panics();
    cli::commands::run(cli::args::Args::read())
}
