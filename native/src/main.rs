//! The `parqlet` command.

use std::process::ExitCode;

mod cli;
mod serve;

/// The C library's allocator keeps what each thread has freed apart, and gives little of it back: a load of 1 GB under a
/// budget of 128 MiB stood at 310 MiB with it, and stands at some 220 MiB with this one and the decay time that the
/// workspace's `.cargo/config.toml` sets. Not for MSVC, where it doesn't build.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    cli::commands::quiet_decoder_panics();
    cli::commands::run(cli::args::Args::read())
}
