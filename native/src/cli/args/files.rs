//! Which files are meant, how object stores are reached, and `parqlet ls`, which is about nothing else.

use clap::Args as ArgGroup;
use parqlet::ClientBuilder;

use super::super::parse::partition;

/// How object stores are reached, where the environment doesn't say it.
#[derive(Debug, ArgGroup)]
pub(crate) struct Stores {
    /// Ask this object store, as in https://minio.example.org:9000
    #[arg(long, value_name = "URL", global = true, help_heading = "Object stores")]
    endpoint: Option<String>,

    /// Sign for this region of s3://
    #[arg(long, value_name = "REGION", global = true, help_heading = "Object stores")]
    region: Option<String>,

    /// Ask without credentials, for public buckets
    #[arg(long, global = true, help_heading = "Object stores")]
    anonymous: bool,
}

/// `parqlet ls`.
#[derive(Debug, ArgGroup)]
#[command(after_help = LS_HELP)]
pub(crate) struct LsArgs {
    /// Which files.
    #[command(flatten)]
    pub(crate) files: Files,
    /// Read the footers too, and show rows and row groups
    #[arg(long)]
    pub(crate) footers: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Files by name, prefix, pattern or list.
#[derive(Debug, ArgGroup)]
pub(crate) struct Files {
    /// The files: a prefix, a folder, a pattern, @ and a file that lists names, or a file
    #[arg(required = true, value_name = "URL")]
    pub(crate) urls: Vec<String>,
    /// Only files in this hive partition; several values of one key are added together
    #[arg(long = "partition", value_name = "K=V", value_parser = partition)]
    pub(crate) partitions: Vec<(String, String)>,
}

const LS_HELP: &str = "Examples:
  parqlet ls s3://bucket/table/
  parqlet ls s3://bucket/table/ --partition year=2024 --footers
  parqlet ls 's3://bucket/**/part-*.parquet' @more-names.txt --json

* and ? stop at /, ** doesn't. Names that begin with . or _ are left out.";

impl Stores {
    /// A client that was told so.
    pub(crate) fn told(&self, mut builder: ClientBuilder) -> ClientBuilder {
        if let Some(endpoint) = &self.endpoint {
            builder = builder.endpoint(endpoint);
        }
        if let Some(region) = &self.region {
            builder = builder.region(region);
        }
        if self.anonymous { builder.anonymous(true) } else { builder }
    }
}
