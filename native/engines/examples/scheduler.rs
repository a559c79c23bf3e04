//! A Ballista scheduler that plans queries through Parqlet: `scheduler [PORT] [parqlet|datafusion]`.
//!
//! The port is that of 127.0.0.1 which executors and clients connect to; 50050 if left out.

mod stores;

use ballista_core::utils::default_session_builder;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use std::error::Error;
use std::sync::Arc;
use stores::Stores;

fn main() -> Result<(), Box<dyn Error>> {
    // Planning recurses deeply; Ballista's own scheduler has the same stack.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all().thread_stack_size(32 << 20).build()?.block_on(serve())
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().as_deref().unwrap_or("50050").parse()?;
    let stores = Stores::named(arguments.next().as_deref().unwrap_or("parqlet"))?;

    let session = Arc::new(move |config| stores.within(default_session_builder(config)?));
    let config =
        SchedulerConfig::default().with_hostname("127.0.0.1").with_port(port).with_override_session_builder(session);
    let cluster = BallistaCluster::new_from_config(&config).await?;
    start_server(cluster, ([127, 0, 0, 1], port).into(), Arc::new(config)).await?;
    Ok(())
}
