//! `parqlet serve`: the service from its arguments to its end.

use std::process::ExitCode;

use reqwest::header::HeaderMap;
use tokio::net::TcpListener;

use super::super::args::{Common, ServeArgs};
use super::failure::Failure;
use super::interrupted;
use crate::serve::{self, AllowList, Cors, Settings};

/// Runs until it is told to stop. Status 0: every answer under way came to its end; 1: it could not begin, or the grace
/// was over before.
pub(super) fn run(args: ServeArgs, common: Common) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("parqlet: can't start: {error}");
            return ExitCode::from(1);
        }
    };
    let result = runtime.block_on(async {
        tokio::select! {
            result = until_told(args, common) => result,
            status = twice() => Ok(ExitCode::from(status)),
        }
    });
    runtime.shutdown_background();
    result.unwrap_or_else(Failure::report)
}

async fn until_told(args: ServeArgs, common: Common) -> Result<ExitCode, Failure> {
    let failed = |what: &str, error: std::io::Error| Failure::Service(format!("{what}: {error}"));
    let listener = TcpListener::bind(&args.listen).await;
    let listener = listener.map_err(|error| failed(&format!("can't listen on {}", args.listen), error))?;
    let address = listener.local_addr().map_err(|error| failed("can't listen", error))?;
    let settings = settings(args, common)?;
    if settings.allow.is_empty() {
        eprintln!("parqlet: nothing is allowed, so nothing is served: say --allow");
    }
    eprintln!("parqlet: listening on http://{address}");
    let stop = async {
        interrupted().await;
    };
    let whole = serve::serve(listener, settings, stop).await.map_err(|error| failed("the service failed", error))?;
    Ok(ExitCode::from(u8::from(!whole)))
}

/// Told twice, it ends at once.
async fn twice() -> u8 {
    interrupted().await;
    interrupted().await
}

fn settings(args: ServeArgs, common: Common) -> Result<Settings, Failure> {
    let private = !common.headers.is_empty();
    let cache_control = args.cache_control.unwrap_or_else(|| {
        let default = if private { "private, no-cache" } else { "no-cache" };
        default.to_owned()
    });
    let mut headers = HeaderMap::new();
    for (name, value) in common.headers {
        headers.append(name, value);
    }
    let cors = if args.cors.iter().any(|origin| origin == "*") { Cors::Any } else { Cors::Origins(args.cors) };
    Ok(Settings {
        allow: AllowList::new(args.allow),
        max_rows: args.max_rows,
        max_bytes: args.max_bytes,
        max_requests: args.max_requests,
        memory: common.memory.unwrap_or(SERVE_MEMORY),
        timeout: args.timeout,
        cache_control,
        headers,
        cors,
        concurrency: args.concurrency,
        idle_timeout: args.idle_timeout,
        grace: args.grace,
    })
}

/// So that some hundred answers fit into the memory of a small machine.
const SERVE_MEMORY: u64 = 32 << 20;
