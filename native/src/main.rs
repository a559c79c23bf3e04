//! The `parqlet` command.

use clap::Parser as _;

// The commands are wired one by one as the engine lands; until then parts of this have no caller outside tests.
#[allow(
    dead_code,
    reason = "the commands that call these parts are wired next"
)]
mod cli;

fn main() {
    let _args = cli::args::Args::parse();
}
