//! Many files as one table: `cargo run --example load_many -- URL...`.

use parqlet::blocking::Client;
use parqlet::{Result, Selection};

fn main() -> Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let urls = if given.is_empty() { vec!["https://example.org/rides.parquet".to_owned()] } else { given };
    let wanted = Selection::all().columns(["city", "fare"]);

    let mut batches = Client::new()?.load_many(urls, &wanted).skip_failed().stream()?;
    let mut rows = 0;
    for batch in &mut batches {
        rows += batch?.num_rows();
    }
    let spent = batches.stats();
    println!("{rows} rows with {} requests and {} bytes", spent.requests, spent.bytes);
    for error in batches.skipped() {
        println!("left out: {error}");
    }
    Ok(())
}
