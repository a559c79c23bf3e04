//! A Ballista executor that scans through Parqlet:
//! `executor WORK_DIR PORT CONTROL_PORT [SCHEDULER_PORT] [parqlet|datafusion]`.
//!
//! It leaves its shuffle files in `WORK_DIR`, gives them out at `PORT` of 127.0.0.1, is told what to do at `CONTROL_PORT`, and
//! runs one task at a time. The scheduler is expected at port 50050 if it isn't named.

mod stores;

use ballista_core::JobId;
use ballista_executor::execution_engine::{DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor};
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use parqlet_datafusion::ReadAhead;
use std::error::Error;
use std::sync::Arc;
use stores::Stores;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(work_dir), Some(port), Some(control)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: executor WORK_DIR PORT CONTROL_PORT [SCHEDULER_PORT] [parqlet|datafusion]".into());
    };
    let scheduler_port = arguments.next().as_deref().unwrap_or("50050").parse()?;
    let stores = Stores::named(arguments.next().as_deref().unwrap_or("parqlet"))?;

    let engine = stores.ahead.clone().map(|ahead| Arc::new(AheadEngine(ahead)) as Arc<dyn ExecutionEngine>);
    let config = ExecutorProcessConfig {
        work_dir: Some(work_dir),
        port: port.parse()?,
        grpc_port: control.parse()?,
        scheduler_host: "127.0.0.1".to_owned(),
        scheduler_port,
        scheduler_connect_timeout_seconds: 30,
        vcores: 1,
        override_runtime_producer: Some(Arc::new(move |_| stores.runtime())),
        override_execution_engine: engine,
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config)).await?;
    Ok(())
}

/// Ballista's own engine, with scans that ask ahead.
struct AheadEngine(ReadAhead);

impl ExecutionEngine for AheadEngine {
    fn create_query_stage_exec(
        &self,
        job: JobId,
        stage: usize,
        task: usize,
        partitions: Vec<usize>,
        plan: Arc<dyn ExecutionPlan>,
        work_dir: &str,
        config: &SessionConfig,
    ) -> datafusion::error::Result<Arc<dyn QueryStageExecutor>> {
        let plan = self.0.applied(plan)?;
        DefaultExecutionEngine::new().create_query_stage_exec(job, stage, task, partitions, plan, work_dir, config)
    }
}
