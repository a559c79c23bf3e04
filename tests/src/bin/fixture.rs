//! Makes sample files and serves files over an emulated link: what the demo and the benches stand on.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use parqlet_tests::control;
use parqlet_tests::sample::{self, SampleOptions};
use parqlet_tests::server::{Late, Link, Logged, Options, Server, peak_concurrent, round_trips};
use parquet::basic::{Compression, ZstdLevel};

/// Sample files and a server for them.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a sample Parquet file: the log of a ride service, or numbers only with --wide.
    Sample(Sample),
    /// Serve files over HTTP with range requests. The first line of output is the URL; Ctrl-C or the end of standard
    /// input stops the server and prints what it was asked.
    Serve(Serve),
    /// Serve what lines of JSON on standard input say; the answers are lines of JSON on standard output. For tests in
    /// other languages; what can be said is documented in tests/src/control.
    Control(Place),
}

#[derive(Args)]
struct Sample {
    /// Rows in all.
    #[arg(long, default_value_t = 600_000)]
    rows: u64,
    /// Row groups, of even size.
    #[arg(long, default_value_t = 10)]
    row_groups: u64,
    /// Codec of all pages.
    #[arg(long, value_enum, default_value_t = Codec::Snappy)]
    codec: Codec,
    /// Numbers only, in so many columns.
    #[arg(long, value_name = "COLUMNS")]
    wide: Option<usize>,
    /// Leave out the column and offset indexes.
    #[arg(long)]
    no_page_index: bool,
    /// Same seed, same values.
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Where to write it.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Codec {
    None,
    Snappy,
    Zstd,
    Lz4,
}

#[derive(Args)]
struct Serve {
    /// Files to serve, each under its own name.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// HTTPS; the second line of output is then the file with the certificate to trust.
    #[arg(long)]
    tls: bool,
}

/// Where the server is and how far away it seems.
#[derive(Args)]
struct Place {
    /// Address to listen on; port 0 is any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Wait before the first byte of each answer, such as 30ms.
    #[arg(long, value_parser = duration)]
    first_byte: Option<Duration>,
    /// Wait for a new connection, such as 5ms.
    #[arg(long, value_parser = duration)]
    connect: Option<Duration>,
    /// Bandwidth of one connection, such as 80MB/s.
    #[arg(long, value_parser = bandwidth)]
    bandwidth: Option<u64>,
    /// Bandwidth of all connections together, such as 1250MB/s.
    #[arg(long, value_parser = bandwidth)]
    total: Option<u64>,
    /// Share of the answers that are late, from 0 to 1.
    #[arg(long, value_parser = share, default_value = "0", requires = "late_by")]
    late: f64,
    /// How much longer the late ones take to the first byte, such as 400ms.
    #[arg(long, value_parser = duration)]
    late_by: Option<Duration>,
    /// Same seed, same late answers, counted in the order of requests.
    #[arg(long, default_value_t = 0)]
    late_seed: u64,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Sample(sample) => make(&sample),
        Command::Serve(serve) => run(serve),
        Command::Control(place) => {
            server(&place, false).and_then(|server| control::run(&server, io::stdin().lock(), io::stdout().lock()))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fixture: {error}");
            ExitCode::from(2)
        }
    }
}

fn make(sample: &Sample) -> io::Result<()> {
    let codec = match sample.codec {
        Codec::None => Compression::UNCOMPRESSED,
        Codec::Snappy => Compression::SNAPPY,
        Codec::Zstd => Compression::ZSTD(ZstdLevel::default()),
        Codec::Lz4 => Compression::LZ4_RAW,
    };
    let mut options = SampleOptions {
        rows: sample.rows,
        row_groups: sample.row_groups,
        codec,
        page_index: !sample.no_page_index,
        seed: sample.seed,
        ..SampleOptions::default()
    };
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&sample.out)?);
    let made = match sample.wide {
        Some(columns) => {
            options.columns = columns;
            sample::plain(&options, &mut out)
        }
        None => sample::rides(&options, &mut out),
    };
    made.map_err(io::Error::other)?;
    out.flush()
}

fn server(place: &Place, tls: bool) -> io::Result<Server> {
    let link = Link {
        first_byte: place.first_byte.unwrap_or_default(),
        connect: place.connect.unwrap_or_default(),
        connection_bandwidth: place.bandwidth,
        total_bandwidth: place.total,
        late: place.late_by.map(|by| Late { fraction: place.late, by }),
        seed: place.late_seed,
    };
    Server::try_start(Options { link, tls, listen: Some(place.listen) })
}

fn run(serve: Serve) -> io::Result<()> {
    let server = server(&serve.place, serve.tls)?;
    let mut names = Vec::new();
    for path in serve.files {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name
            .filter(|_| path.is_file())
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{} is not a file", path.display())))?;
        server.put_path(&name, path);
        names.push(name);
    }
    let mut out = io::stdout();
    // With one file its own address is the useful one; with several, the place where they all are.
    let only = if let [only] = names.as_slice() { only } else { "" };
    writeln!(out, "{}", server.url(only))?;
    if let Some(ca) = server.ca_file() {
        writeln!(out, "{}", ca.display())?;
    }
    out.flush()?;
    until_told()?;
    summary(&server.log(), &mut out)
}

/// Waits for Ctrl-C or the end of standard input.
fn until_told() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (closed, told) = tokio::sync::oneshot::channel::<()>();
    // Not tokio's standard input: its blocked read would keep the runtime from ending after Ctrl-C.
    std::thread::spawn(move || {
        let mut buffer = [0; 1024];
        while io::stdin().read(&mut buffer).is_ok_and(|read| read > 0) {}
        drop(closed);
    });
    runtime.block_on(async {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = told => Ok(()),
        }
    })
}

fn summary(log: &[Logged], out: &mut impl Write) -> io::Result<()> {
    let bytes: u64 = log.iter().map(|request| request.bytes_sent).sum();
    let (trips, peak) = (round_trips(log), peak_concurrent(log));
    writeln!(out, "{} requests, {trips} round trips, {peak} at once at most, {bytes} bytes", log.len())?;
    for request in log {
        let range = request.range.as_deref().unwrap_or("-");
        let ms = |at: Duration| at.as_secs_f64() * 1e3;
        let took = request.ended.map_or_else(|| "open".to_owned(), |end| format!("{:.1}", ms(end - request.started)));
        let (method, path) = (&request.method, &request.path);
        writeln!(
            out,
            "{:>9.1} ms +{took:>7} ms  #{} {method} {path} {range} -> {} {} bytes",
            ms(request.started),
            request.connection,
            request.status,
            request.bytes_sent
        )?;
    }
    Ok(())
}

/// A time with its unit: `30ms`, `1.5s`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = number_and_unit(text)?;
    let seconds = match unit {
        "us" => number / 1e6,
        "ms" => number / 1e3,
        "s" => number,
        _ => return Err("write it as 30ms or 1.5s".to_owned()),
    };
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// A rate with its unit: `80MB/s`, `1.25GB/s`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn bandwidth(text: &str) -> Result<u64, String> {
    let (number, unit) = number_and_unit(text)?;
    let scale = match unit.strip_suffix("/s").unwrap_or(unit) {
        "B" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        _ => return Err("write it as 80MB/s or 1.25GB/s".to_owned()),
    };
    let rate = (number * scale) as u64;
    if rate == 0 { Err("nothing would ever arrive".to_owned()) } else { Ok(rate) }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().map_err(|_| format!("{text} is no number"))?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("a share is from 0 to 1".to_owned()) }
}

fn number_and_unit(text: &str) -> Result<(f64, &str), String> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number = number.parse().map_err(|_| format!("{text} has no number"))?;
    Ok((number, unit))
}
