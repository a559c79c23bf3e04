//! Stores made when a URL asks for them.

use crate::store::ParqletStore;
use datafusion::common::Result;
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry};
use object_store::ObjectStore;
use parqlet::Client;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::{Position, Url};

/// Gives DataFusion a [`ParqletStore`] for each server and bucket that a query names (`http://`, `https://`, `s3://`,
/// `gs://`, `az://`), and its own store for `file://`. A store that is registered for a URL goes before ours.
///
/// One registry serves all sessions of a process: what one query learned of links, footers and versions, the next one
/// knows. Cheap to clone; clones are the same.
#[derive(Debug, Clone)]
pub struct ParqletRegistry(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    /// By scheme and host.
    ours: Mutex<HashMap<String, ParqletStore>>,
    others: DefaultObjectStoreRegistry,
}

impl ParqletRegistry {
    /// Stores that read through `client`: its credentials, retries and limits are theirs.
    pub fn new(client: Client) -> Self {
        Self(Arc::new(Inner { client, ours: Mutex::default(), others: DefaultObjectStoreRegistry::new() }))
    }

    /// Our store for a URL, if that is one of ours.
    pub(crate) fn store(&self, url: &Url) -> Option<ParqletStore> {
        if !matches!(url.scheme(), "http" | "https" | "s3" | "gs" | "az") || self.0.others.get_store(url).is_ok() {
            return None;
        }
        let key = url[..Position::AfterPort].to_owned();
        let mut ours = self.0.ours.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = ours.get(&key) {
            return Some(store.clone());
        }
        let store = ParqletStore::new(self.0.client.clone(), url).ok()?;
        ours.insert(key, store.clone());
        Some(store)
    }
}

impl ObjectStoreRegistry for ParqletRegistry {
    fn register_store(&self, url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        self.0.others.register_store(url, store)
    }

    fn deregister_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        self.0.others.deregister_store(url)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        match self.store(url) {
            Some(store) => Ok(Arc::new(store)),
            None => self.0.others.get_store(url),
        }
    }
}
