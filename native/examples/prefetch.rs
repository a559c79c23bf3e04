//! Known parts for another reader: `cargo run --example prefetch -- URL`.
//!
//! The bytes of two columns are fetched at once; then the `parquet` crate's own synchronous reader reads from them, as
//! it would from a file.

use parqlet::blocking::Client;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "https://example.org/rides.parquet".into());
    let file = Client::new()?.open(&url)?;
    let parts = file.read().columns(["city", "fare"]).prefetch()?;
    println!("{} of {} bytes are here", parts.held(), file.identity().length);

    let reader = ParquetRecordBatchReaderBuilder::try_new(parts)?;
    let columns = ProjectionMask::columns(reader.parquet_schema(), ["city", "fare"]);
    for batch in reader.with_projection(columns).build()? {
        println!("{} rows", batch?.num_rows());
    }
    Ok(())
}
