//! The `parqlet` command.

use std::process::ExitCode;

use clap::Parser as _;

mod cli;

fn main() -> ExitCode {
    cli::commands::quiet_decoder_panics();
    cli::commands::run(cli::args::Args::parse())
}
