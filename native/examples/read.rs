//! Two columns of the first rows of a remote file: `cargo run --example read -- URL`.

use parqlet::{Client, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "https://example.org/rides.parquet".into());
    let client = Client::new()?;
    let file = client.open(&url).await?;
    println!("{} rows in {} row groups", file.row_count(), file.metadata().num_row_groups());

    let read = file.read().columns(["city", "fare"]).limit(1_000);
    for batch in read.collect().await? {
        println!("{} rows, {} bytes", batch.num_rows(), batch.get_array_memory_size());
    }
    Ok(())
}
