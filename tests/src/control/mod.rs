//! A [`Server`] told what to do by lines of JSON, so that tests in other languages can use it.
//!
//! One line in is one command (`command.rs` lists them), one line out its answer: an object, with a member `error`
//! where it went wrong. The first line out, before any command, is `{"url":"http://127.0.0.1:1234/"}`. The end of the
//! input ends it all.
//!
//! ```text
//! > {"do":"put","name":"a.parquet","path":"/data/a.parquet"}
//! < {}
//! > {"do":"rule","name":"a.parquet","when":"head","fault":{"status":403}}
//! < {}
//! > {"do":"log"}
//! < {"requests":[{"method":"HEAD","path":"/a.parquet","status":403,..}],"roundTrips":1,"peakConcurrent":1}
//! ```

mod command;
mod fault;

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::server::{Cors, Logged, Rule, Server, peak_concurrent, round_trips};
use command::Command;

/// Does what the lines say until they end.
///
/// # Errors
///
/// Those of the input and the output; a command that fails is answered.
pub fn run(server: &Server, input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut answer = |value: Value| -> io::Result<()> {
        writeln!(output, "{value}")?;
        output.flush()
    };
    answer(json!({ "url": server.url("") }))?;
    for line in input.lines() {
        let line = line?;
        let done = serde_json::from_str(&line).map_err(io::Error::from).and_then(|command| obey(server, command));
        answer(done.unwrap_or_else(|error| json!({ "error": error.to_string() })))?;
    }
    Ok(())
}

fn obey(server: &Server, command: Command) -> io::Result<Value> {
    match command {
        Command::Put { name, path } => {
            fs::metadata(&path)?;
            server.put_path(&name, path);
        }
        Command::PutText { name, text } => server.put(&name, Bytes::from(text)),
        Command::PutFolder { under, path } => put_folder(server, &under, &path)?,
        Command::Remove { name } => server.remove(&name),
        Command::Rule { name, fault, nth, when, times } => {
            let (when, times) = (when.into(), times.unwrap_or(usize::MAX));
            server.rule(&name, Rule { nth, when, times, fault: fault.try_into()? });
        }
        Command::ClearRules => server.clear_rules(),
        Command::Cors { name, cors } => server.cors(&name, cors.map(Cors::from)),
        Command::RefuseConnections { count } => server.refuse_connections(count),
        Command::Log => return Ok(log(&server.log())),
        Command::ResetLog => server.reset_log(),
    }
    Ok(json!({}))
}

fn put_folder(server: &Server, under: &str, folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{under}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            put_folder(server, &name, &entry.path())?;
        } else {
            server.put_path(&name, entry.path());
        }
    }
    Ok(())
}

/// The requests, with times in milliseconds from the server's start.
fn log(requests: &[Logged]) -> Value {
    let ms = |at: Duration| at.as_secs_f64() * 1e3;
    let each = |request: &Logged| {
        json!({
            "method": request.method,
            "path": request.path,
            "range": request.range,
            "headers": request.headers.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "status": request.status,
            "bytesSent": request.bytes_sent,
            "started": ms(request.started),
            "firstByte": request.first_byte.map(ms),
            "ended": request.ended.map(ms),
            "connection": request.connection,
        })
    };
    json!({
        "requests": requests.iter().map(each).collect::<Vec<_>>(),
        "roundTrips": round_trips(requests),
        "peakConcurrent": peak_concurrent(requests),
    })
}
