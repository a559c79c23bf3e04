//! The native client over a file: its own threads, its pool for decoding.

use super::{End, Reading, selections};
use parqlet::blocking::Client;
use parqlet_core::footer::Footer;
use parqlet_core::load::Goal;
use parqlet_core::opened::Opened;
use parqlet_core::parts::KnownParts;
use parqlet_core::select::Selection;
use std::path::Path;
use std::sync::OnceLock;

/// Reads the file at `path` with one client that all cases share.
pub fn read_with_client(path: &Path, reading: Reading) -> End {
    static CLIENT: OnceLock<parqlet::Result<Client>> = OnceLock::new();
    let client = CLIENT.get_or_init(|| Client::with(Client::builder().memory(64 << 20).threads(2)));
    match client.as_ref() {
        Ok(client) => read(client, path, reading).map_or_else(|error| End::of(&error), End::Read),
        Err(error) => End::Broken(error.to_string()),
    }
}

fn read(client: &Client, path: &Path, reading: Reading) -> parqlet::Result<u64> {
    let file = client.open(&path.to_string_lossy())?;
    let schema = file.schema();
    let claimed = file.row_count();
    // What selections are made of.
    let opened = Opened {
        identity: file.identity(),
        footer: Footer { metadata: file.metadata(), null_counts: [].into(), range: 0..0 },
        parts: KnownParts::new(0),
    };
    let mut rows = 0;
    for selection in selections(&opened, reading.part) {
        let read = |selection: &Selection| file.read().select(selection);
        match (reading.goal)(selection.clone()) {
            Goal::Plan(_) | Goal::Estimate(_) | Goal::Open | Goal::Ranges(_) => drop(read(&selection).plan()?),
            Goal::Prefetch(_) => drop(read(&selection).prefetch()?),
            Goal::Read(_) => {
                let mut given = 0;
                for batch in read(&selection).stream()? {
                    given += batch?.num_rows() as u64;
                    if given >= reading.rows {
                        break;
                    }
                }
                rows += given;
            }
        }
    }
    schema.map(|_| rows.min(claimed))
}
