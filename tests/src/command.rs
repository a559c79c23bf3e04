//! The `parqlet` binary as a user runs it: in a pipe, on a terminal, and told to stop.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// After this long a command hangs: it is killed and the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at something that is waited for.
const POLL: Duration = Duration::from_millis(5);

/// What a command left behind.
#[derive(Debug, Clone)]
pub struct Done {
    /// The exit status; none where a signal ended it.
    pub status: Option<i32>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: String,
}

impl Done {
    /// Standard output as text, with replacement characters where it is none.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    ///
    /// If it is none.
    #[expect(clippy::panic, reason = "a test can't go on")]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The command with nothing of the caller's environment that changes what it does; standard input is empty.
pub fn parqlet(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).stdin(Stdio::null());
    for name in
        ["NO_COLOR", "CLICOLOR_FORCE", "TERM", "COLUMNS", "LINES", "LC_ALL", "LC_CTYPE", "LANG", "SSL_CERT_FILE"]
    {
        command.env_remove(name);
    }
    // A proxy of the machine has no way to this loopback.
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    command
}

/// Runs the command in pipes to its end.
pub fn run(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Done {
    finish(parqlet(arguments))
}

/// Runs a command in pipes to its end.
///
/// # Panics
///
/// If it can't be started or hangs.
pub fn finish(command: Command) -> Done {
    finish_within(command, PATIENCE)
}

/// The same of a command that may take longer.
///
/// # Panics
///
/// If it can't be started or takes longer than this.
#[expect(clippy::expect_used, reason = "a test can't go on")]
pub fn finish_within(mut command: Command, patience: Duration) -> Done {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
    // Each pipe has its reader, so that neither fills up.
    let stdout = child.stdout.take().map(drain);
    let stderr = child.stderr.take().map(drain);
    let status = wait_within(&mut child, patience);
    let read =
        |reader: Option<thread::JoinHandle<Vec<u8>>>| reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
    let (stdout, stderr) = (read(stdout), read(stderr));
    Done { status: status.code(), stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() }
}

/// Runs a command to its end with output and errors on a terminal of so many columns; what the terminal was sent.
///
/// # Panics
///
/// If there is no terminal to be had, or the command can't be started or hangs.
#[expect(clippy::expect_used, reason = "a test can't go on")]
pub fn on_terminal(mut command: Command, columns: u16) -> (Option<i32>, String) {
    let (terminal, user) = terminal(columns).expect("a terminal opens");
    let clone = || Stdio::from(terminal.try_clone().expect("a descriptor is left"));
    let mut child = command.stdout(clone()).stderr(clone()).spawn().expect("the command starts");
    // The screen ends when nobody can write to it any more.
    drop((command, terminal));
    let shown = drain(std::fs::File::from(user));
    let status = wait(&mut child);
    let shown = shown.join().unwrap_or_default();
    (status.code(), String::from_utf8_lossy(&shown).into_owned())
}

/// The two ends of a terminal: the one for the command, and the one for its user.
///
/// # Errors
///
/// Those of the system.
pub fn terminal(columns: u16) -> io::Result<(OwnedFd, OwnedFd)> {
    let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&user)?;
    unlockpt(&user)?;
    let name = ptsname(&user, Vec::new())?;
    let path = PathBuf::from(name.to_string_lossy().into_owned());
    let terminal = OpenOptions::new().read(true).write(true).open(path)?;
    tcsetwinsize(&terminal, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 })?;
    Ok((terminal.into(), user))
}

/// What Ctrl-C sends.
pub const INTERRUPT: Signal = Signal::INT;

/// What a system that shuts down sends.
pub const TERMINATE: Signal = Signal::TERM;

/// Sends a signal to a child.
///
/// # Errors
///
/// The child has ended.
pub fn signal(child: &Child, signal: Signal) -> io::Result<()> {
    let number = i32::try_from(child.id()).map_err(io::Error::other)?;
    let pid = Pid::from_raw(number).ok_or(io::ErrorKind::NotFound)?;
    Ok(kill_process(pid, signal)?)
}

/// Waits until a child ends.
///
/// # Panics
///
/// If it hangs; it is killed then.
pub fn wait(child: &mut Child) -> ExitStatus {
    wait_within(child, PATIENCE)
}

#[expect(clippy::panic, reason = "a test can't go on")]
fn wait_within(child: &mut Child, patience: Duration) -> ExitStatus {
    let mut ended = None;
    until_within(patience, || {
        ended = child.try_wait().unwrap_or(None);
        ended.is_some()
    });
    ended.unwrap_or_else(|| {
        let _ = child.kill();
        panic!("the command hangs")
    })
}

/// Looks again and again until something is so; whether it came to be in time.
pub fn until(so: impl FnMut() -> bool) -> bool {
    until_within(PATIENCE, so)
}

fn until_within(patience: Duration, mut so: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < patience {
        if so() {
            return true;
        }
        thread::sleep(POLL);
    }
    false
}

fn drain(mut from: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A terminal without a writer ends in an error; what came before it is kept.
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

/// The binary beside this test, built if Cargo runs the test: one that is there may be older than the code.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(build)
}

#[expect(clippy::expect_used, reason = "without the binary there is nothing to test")]
fn build() -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    // <target>/<profile>/deps/<test>
    let folder = test.ancestors().nth(2).expect("a test lies in a target folder");
    let binary = folder.join(format!("parqlet{}", std::env::consts::EXE_SUFFIX));
    let cargo = std::env::var_os("CARGO");
    if cargo.is_none() && binary.exists() {
        return binary;
    }
    let profile = match folder.file_name().and_then(OsStr::to_str) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let status = Command::new(cargo.unwrap_or_else(|| "cargo".into()))
        // The same selection as the test run's own build: another one would build crates again with other features.
        .args(["build", "--quiet", "--locked", "--workspace", "--bins", "--examples", "--profile", profile])
        .arg("--target-dir")
        .arg(folder.parent().expect("a profile lies in a target folder"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo starts");
    assert!(status.success() && binary.exists(), "the binary can't be built");
    binary
}
