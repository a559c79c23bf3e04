//! Which stores a process reads through: Parqlet's, or for comparison the one that DataFusion takes for HTTP by itself.

#![allow(dead_code, reason = "shared by examples and tests, which take different parts")]

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionConfig;
use object_store::http::HttpBuilder;
use object_store::{ClientOptions, ObjectStore};
use parqlet_datafusion::{ParqletRegistry, ReadAhead, SCAN_SETTINGS};
use std::sync::Arc;
use url::Url;

/// The stores of a process.
#[derive(Clone)]
pub(crate) struct Stores {
    registry: Arc<dyn ObjectStoreRegistry>,
    /// What makes scans ask ahead, with Parqlet's.
    pub(crate) ahead: Option<ReadAhead>,
}

impl Stores {
    /// By the name that the command line gives them: `parqlet` or `datafusion`.
    pub(crate) fn named(name: &str) -> Result<Self> {
        match name {
            "parqlet" => {
                let client = parqlet::Client::new().map_err(|error| DataFusionError::External(error.into()))?;
                let registry = ParqletRegistry::new(client);
                Ok(Self { registry: Arc::new(registry.clone()), ahead: Some(ReadAhead::new(registry)) })
            }
            "datafusion" => Ok(Self { registry: Arc::new(HttpRegistry::default()), ahead: None }),
            _ => Err(DataFusionError::Configuration(format!("`{name}` is no store: say parqlet or datafusion"))),
        }
    }

    /// A runtime that reads through them. Made for each session; the stores stay the same.
    pub(crate) fn runtime(&self) -> Result<Arc<RuntimeEnv>> {
        RuntimeEnvBuilder::new().with_object_store_registry(Arc::clone(&self.registry)).build_arc()
    }

    /// The session, reading through them.
    pub(crate) fn within(&self, session: SessionState) -> Result<SessionState> {
        Ok(SessionStateBuilder::new_from_existing(session).with_runtime_env(self.runtime()?).build())
    }

    /// The settings that fit them.
    pub(crate) fn settings(&self, mut config: SessionConfig) -> Result<SessionConfig> {
        if self.ahead.is_some() {
            for (name, value) in SCAN_SETTINGS {
                config.options_mut().set(name, value)?;
            }
        }
        Ok(config)
    }
}

/// Makes `object_store`'s HTTP stores as they are asked for, as Ballista's own registry does.
#[derive(Debug, Default)]
struct HttpRegistry(DefaultObjectStoreRegistry);

impl ObjectStoreRegistry for HttpRegistry {
    fn register_store(&self, url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        self.0.register_store(url, store)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        if let Ok(store) = self.0.get_store(url) {
            return Ok(store);
        }
        let options = ClientOptions::new().with_allow_http(true);
        let origin = url.origin().ascii_serialization();
        let store: Arc<dyn ObjectStore> =
            Arc::new(HttpBuilder::new().with_client_options(options).with_url(origin).build()?);
        self.0.register_store(url, Arc::clone(&store));
        Ok(store)
    }
}
