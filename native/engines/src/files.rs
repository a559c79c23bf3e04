//! The files of a store that are open, and the version that each is pinned to.

use crate::store::last_modified;
use chrono::{DateTime, Utc};
use object_store::ObjectMeta;
use object_store::path::Path;
use parqlet::core::object::Identity;
use parqlet::{Client, Error, ErrorKind, ObjectEntry, ParquetFile, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// What was looked at this long ago is taken to be as it was: planning one query asks for a file's length several times.
const FRESH: Duration = Duration::from_secs(5);

/// How long a file that changed under its readers is refused. Engines try a failed task again at once: it would read
/// the new version by the plan of the old one.
const REFUSED: Duration = Duration::from_secs(30);

/// Files that are kept open, the last used ones: each holds its footer and the tail it came in, 64 KiB to 4 MiB.
const KEPT_OPEN: usize = 1_024;

/// Open files by path.
#[derive(Debug)]
pub(crate) struct Files {
    client: Client,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<Path, Entry>,
    /// Counts uses, to tell the last ones.
    uses: u64,
}

/// A path that was asked for. Its file may be closed to save memory; what it is pinned to stays.
#[derive(Debug, Clone, Default)]
struct Entry {
    file: Arc<OnceCell<ParquetFile>>,
    pin: Option<Pin>,
    used: u64,
}

#[derive(Debug, Clone)]
struct Pin {
    identity: Identity,
    /// When that was last seen to be the object's state.
    seen: Instant,
    /// When it was found to be another.
    changed: Option<Instant>,
}

impl Files {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, state: Mutex::default() }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The file in the version that was seen first, for those who read it.
    pub(crate) async fn pinned(&self, path: &Path, url: &str) -> Result<ParquetFile> {
        let (cell, pin) = self.begin(path)?;
        let opened = cell.get_or_try_init(|| self.client.open(url)).await;
        let mut state = self.state();
        let Some(entry) = state.entries.get_mut(path).filter(|entry| Arc::ptr_eq(&entry.file, &cell)) else {
            // Looked at anew in the meantime.
            return opened.cloned();
        };
        let file = match opened {
            Ok(file) => file.clone(),
            Err(error) => {
                if entry.pin.is_none() {
                    state.entries.remove(path);
                }
                return Err(error);
            }
        };
        let identity = file.identity();
        match pin {
            Some(pin) if !pin.identity.agrees_with(&identity) => {
                entry.file = Arc::default();
                drop(state);
                Err(self.changed(path))
            }
            Some(_) => Ok(file),
            None => {
                entry.pin.get_or_insert_with(|| Pin { identity, seen: Instant::now(), changed: None });
                state.close_some();
                Ok(file)
            }
        }
    }

    /// The file as it is now, for those who plan to read it: what is known of another version is let go.
    pub(crate) async fn current(&self, path: &Path, url: &str) -> Result<ParquetFile> {
        let known = self.state().entries.get(path).cloned();
        if let Some(Entry { file, pin: Some(pin), .. }) = known {
            if let Some(open) = file.get()
                && pin.changed.is_none()
                && (pin.seen.elapsed() < FRESH || is_of(&self.client.stat(url).await?, &pin.identity))
            {
                self.seen(path, &file);
                return Ok(open.clone());
            }
            self.forget(path, &file);
        }
        self.pinned(path, url).await
    }

    /// The file in the version that a plan was made for, which may be a later one than ours.
    pub(crate) async fn planned(&self, path: &Path, url: &str, planned: &ObjectMeta) -> Result<ParquetFile> {
        let pinned = self.pinned(path, url).await;
        match pinned {
            Ok(file) if is_planned(planned, &file.identity()) => return Ok(file),
            Err(error) if error.kind() != ErrorKind::Changed => return Err(error),
            _ => {}
        }
        self.state().entries.remove(path);
        let file = self.pinned(path, url).await?;
        if is_planned(planned, &file.identity()) {
            return Ok(file);
        }
        Err(self.changed(path))
    }

    /// Takes note of what a listing says of a file: what is known of another version is let go.
    pub(crate) fn listed(&self, path: &Path, listed: &ObjectEntry) {
        let known = self.state().entries.get(path).cloned();
        if let Some(Entry { file, pin: Some(pin), .. }) = known {
            match is_of(listed, &pin.identity) && pin.changed.is_none() {
                true => self.seen(path, &file),
                false => self.forget(path, &file),
            }
        }
    }

    /// A reader found that the file is another one now: it is refused for a while. The error to give.
    pub(crate) fn changed(&self, path: &Path) -> Error {
        if let Some(pin) = self.state().entries.get_mut(path).and_then(|entry| entry.pin.as_mut()) {
            pin.changed.get_or_insert_with(Instant::now);
        }
        let message = "the object was replaced while a query read it: run the query again";
        Error::new(ErrorKind::Changed, message)
    }

    /// The place of the file, and what it is pinned to.
    fn begin(&self, path: &Path) -> Result<(Arc<OnceCell<ParquetFile>>, Option<Pin>)> {
        let mut state = self.state();
        state.uses += 1;
        let used = state.uses;
        let entry = state.entries.entry(path.clone()).or_default();
        match entry.pin.as_ref().and_then(|pin| pin.changed) {
            Some(changed) if changed.elapsed() < REFUSED => {
                drop(state);
                return Err(self.changed(path));
            }
            Some(_) => *entry = Entry::default(),
            None => {}
        }
        entry.used = used;
        Ok((Arc::clone(&entry.file), entry.pin.clone()))
    }

    fn seen(&self, path: &Path, file: &Arc<OnceCell<ParquetFile>>) {
        let mut state = self.state();
        let entry = state.entries.get_mut(path).filter(|entry| Arc::ptr_eq(&entry.file, file));
        if let Some(pin) = entry.and_then(|entry| entry.pin.as_mut()) {
            pin.seen = Instant::now();
        }
    }

    fn forget(&self, path: &Path, file: &Arc<OnceCell<ParquetFile>>) {
        let mut state = self.state();
        if state.entries.get(path).is_some_and(|entry| Arc::ptr_eq(&entry.file, file)) {
            state.entries.remove(path);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Closes the files that were not used for longest, a quarter at a time.
    fn close_some(&mut self) {
        let mut open: Vec<(u64, &mut Entry)> = self
            .entries
            .values_mut()
            .filter(|entry| entry.file.initialized())
            .map(|entry| (entry.used, entry))
            .collect();
        if open.len() <= KEPT_OPEN {
            return;
        }
        open.sort_unstable_by_key(|(used, _)| *used);
        for (_, entry) in open.into_iter().take(KEPT_OPEN / 4) {
            entry.file = Arc::default();
        }
    }
}

/// Whether what a planner was told of an object can be said of this state of it. Plans that were sent to another process
/// have no ETag any more.
fn is_planned(planned: &ObjectMeta, identity: &Identity) -> bool {
    is_same(
        Some(planned.size),
        planned.e_tag.as_deref(),
        // What a server that tells no time gets.
        Some(planned.last_modified).filter(|time| *time != DateTime::<Utc>::default()),
        identity,
    )
}

/// Whether what a store says of an object can be said of this state of it.
fn is_of(listed: &ObjectEntry, identity: &Identity) -> bool {
    is_same(listed.size, listed.etag.as_deref(), listed.last_modified.map(Into::into), identity)
}

fn is_same(size: Option<u64>, etag: Option<&str>, time: Option<DateTime<Utc>>, identity: &Identity) -> bool {
    if size.is_some_and(|size| size != identity.length) {
        return false;
    }
    match (etag, identity.version.etag()) {
        (Some(theirs), Some(ours)) => theirs == ours,
        _ => match (time, last_modified(identity)) {
            // HTTP tells full seconds.
            (Some(theirs), Some(ours)) => theirs.timestamp() == ours.timestamp(),
            _ => true,
        },
    }
}
