//! The same without async, batch by batch: `cargo run --example read_blocking -- URL`.

use parqlet::Result;
use parqlet::blocking::Client;

fn main() -> Result<()> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "https://example.org/rides.parquet".into());
    let file = Client::new()?.open(&url)?;

    let mut batches = file.read().columns(["fare"]).stream()?;
    let mut rows = 0;
    for batch in &mut batches {
        rows += batch?.num_rows();
    }
    let spent = batches.stats();
    println!("{rows} rows with {} requests and {} bytes after the footer", spent.requests, spent.bytes);
    Ok(())
}
