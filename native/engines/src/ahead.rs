//! Lets the Parquet scans of a plan ask ahead.

use crate::reader::AheadReader;
use crate::registry::ParqletRegistry;
use crate::store::ParqletStore;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{
    FileScanConfigBuilder, FileSource, ParquetFileReaderFactory, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use std::sync::Arc;

/// Makes the Parquet scans of a plan that read through a [`ParqletStore`] ask for row groups before they are wanted.
///
/// DataFusion asks for one row group at a time, and for the next one when that is decoded: each costs a round trip in
/// turn. With this rule the columns of the row groups to come are under way meanwhile, up to 32 MiB for each partition.
/// Where a scan has no predicate and no limit, it will want every row group of its part of the file, so all of that is
/// asked for; else one more at a time for each that was wanted in turn (1, 2, 4, ..), so that what is asked for in vain
/// is never more than what was read.
///
/// It also holds each file against what the planner saw of it (length, ETag, time of the last change): a file that was
/// replaced since is an error, in whatever process.
///
/// In DataFusion it is a rule of the session, to be added once and last. Executors of Ballista get plans that are made
/// already: they apply it with [`ReadAhead::applied`], as the example `executor` does.
#[derive(Debug, Clone)]
pub struct ReadAhead(ParqletRegistry);

impl ReadAhead {
    /// For scans that read through the stores of this registry.
    pub fn new(registry: ParqletRegistry) -> Self {
        Self(registry)
    }

    /// The plan with its scans asking ahead. To be applied once.
    ///
    /// # Errors
    /// Those of the plan's own parts.
    pub fn applied(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        let applied = plan.transform(|node| {
            let scan = node.downcast_ref::<DataSourceExec>().and_then(|scan| self.ahead(scan));
            Ok(match scan {
                Some(scan) => Transformed::yes(scan),
                None => Transformed::no(node),
            })
        })?;
        Ok(applied.data)
    }

    /// The same scan, asking ahead, if it reads Parquet through us.
    fn ahead(&self, scan: &DataSourceExec) -> Option<Arc<dyn ExecutionPlan>> {
        let (config, source) = scan.downcast_to_file_source::<ParquetSource>()?;
        let store = self.0.store(config.object_store_url.as_ref())?;
        let inner = Arc::clone(source.parquet_file_reader_factory()?);
        let certain = source.filter().is_none() && config.limit.is_none();
        let source = source.clone().with_parquet_file_reader_factory(Arc::new(AheadReaders { inner, store, certain }));
        let config = FileScanConfigBuilder::from(config.clone()).with_source(Arc::new(source)).build();
        Some(Arc::new(scan.clone().with_data_source(Arc::new(config))))
    }
}

impl PhysicalOptimizerRule for ReadAhead {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        self.applied(plan)
    }

    fn name(&self) -> &str {
        "parqlet_read_ahead"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct AheadReaders {
    /// Reads footers, with DataFusion's cache of them.
    inner: Arc<dyn ParquetFileReaderFactory>,
    store: ParqletStore,
    /// Whether a scan wants every row group of its part of a file.
    certain: bool,
}

impl ParquetFileReaderFactory for AheadReaders {
    fn create_reader(
        &self,
        partition: usize,
        file: PartitionedFile,
        hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let inner = self.inner.create_reader(partition, file.clone(), hint, metrics)?;
        let store = self.store.clone();
        Ok(Box::new(AheadReader::new(inner, store, file, self.certain, partition, metrics)))
    }
}
