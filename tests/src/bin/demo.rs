//! The demo: a sample file behind an emulated link, read by the `parqlet` command over real range requests.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use parqlet_tests::sample::{SampleOptions, rides};
use parqlet_tests::server::{Link, Options, Server, peak_concurrent, round_trips};

/// Reads a sample file over loopback HTTP and shows what that took.
#[derive(Debug, Parser)]
struct Args {
    /// The `parqlet` binary.
    #[arg(long)]
    parqlet: PathBuf,
    /// Rows of the sample: the default makes a file of some 65 MB.
    #[arg(long, default_value_t = 600_000)]
    rows: u64,
}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("rides.parquet");
    let options = SampleOptions { rows: args.rows, ..SampleOptions::default() };
    rides(&options, BufWriter::new(File::create(&path)?))?;
    let size = std::fs::metadata(&path)?.len();
    println!(
        "Sample: {} rides in {} row groups, {} columns, {} with page index, {}.",
        args.rows,
        options.row_groups,
        options.columns,
        options.codec,
        megabytes(size)
    );
    println!("Served over loopback HTTP: 30 ms to the first byte, 5 ms a new connection, 80 MB/s a connection.");
    let server = Server::start(Options { link: Link::object_store(), ..Options::default() });
    server.put_path("rides.parquet", &path);
    let url = server.url("rides.parquet");

    let demo = Demo { args, server: &server, size };
    demo.show(&["plan", &url, "-c", "fare"])?;
    demo.show(&["head", &url, "-n", "5", "-c", "pickup_at,city,distance_km,fare,payment_type,pickup.zone"])?;
    let arrow = folder.path().join("fares.arrow");
    let took = demo.show(&["load", &url, "-c", "fare", "-o", &arrow.to_string_lossy()])?;
    println!("One column of {} rows is now in {}.", args.rows, megabytes(std::fs::metadata(&arrow)?.len()));

    let (bytes, whole) = demo.download(&url)?;
    println!("\nThe whole file over one connection, for comparison: {} in {} ms.", megabytes(bytes), whole.as_millis());
    println!(
        "parqlet took {} ms for its column, {:.0} times less.",
        took.as_millis(),
        whole.as_secs_f64() / took.as_secs_f64().max(1e-9)
    );
    Ok(())
}

struct Demo<'a> {
    args: &'a Args,
    server: &'a Server,
    size: u64,
}

impl Demo<'_> {
    /// Runs a command as a user would and tells what the server saw of it.
    fn show(&self, arguments: &[&str]) -> Outcome<Duration> {
        println!("\n$ parqlet {}\n", arguments.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "));
        std::io::stdout().flush()?;
        self.server.reset_log();
        let started = Instant::now();
        let status = Command::new(&self.args.parqlet).args(arguments).stdin(Stdio::null()).status()?;
        let took = started.elapsed();
        if !status.success() {
            return Err(format!("parqlet ended with {status}").into());
        }
        let log = self.server.log();
        let bytes: u64 = log.iter().map(|request| request.bytes_sent).sum();
        println!(
            "\nSeen by the server: {} request(s), up to {} at once, {} round trip(s); {} of {} ({:.2} %), {} ms in all.",
            log.len(),
            peak_concurrent(&log),
            round_trips(&log),
            megabytes(bytes),
            megabytes(self.size),
            100.0 * bytes as f64 / self.size as f64,
            took.as_millis()
        );
        Ok(took)
    }

    /// Takes the whole file with a plain GET, as a reader without range requests has to.
    fn download(&self, url: &str) -> Outcome<(u64, Duration)> {
        let rest = url.strip_prefix("http://").ok_or("not an http URL")?;
        let (host, path) = rest.split_once('/').ok_or("a URL without a path")?;
        let started = Instant::now();
        let mut stream = TcpStream::connect(host)?;
        write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        let mut buffer = vec![0; 1 << 20];
        let mut bytes = 0;
        loop {
            match stream.read(&mut buffer)? {
                0 => break,
                read => bytes += read as u64,
            }
        }
        Ok((bytes, started.elapsed()))
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// A word as a shell would want it; paths lose their folder, which is a temporary one.
fn quoted(word: &str) -> String {
    let path = Path::new(word);
    match path.file_name() {
        Some(name) if path.is_absolute() => name.to_string_lossy().into_owned(),
        _ => word.to_owned(),
    }
}
