//! Names that lead into private networks: what a name resolves to is checked at the moment of connecting, so that a name
//! which changes its address between check and use (DNS rebinding) gains nothing.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;

/// The system's resolver, or a test's.
pub(super) type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Resolves names to public addresses and no others.
pub(super) struct PublicOnly(Lookup);

/// A name has no public address.
#[derive(Debug)]
pub(super) struct NoPublicAddress;

impl PublicOnly {
    /// By this resolver.
    pub(super) fn new(lookup: Lookup) -> Self {
        Self(lookup)
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.0)(name.as_str().to_owned());
        Box::pin(async move {
            let found = found.await?;
            let any = !found.is_empty();
            let public: Vec<SocketAddr> = found.into_iter().filter(|address| is_public(address.ip())).collect();
            if any && public.is_empty() {
                return Err(NoPublicAddress.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// The system's resolver.
pub(super) fn system() -> Lookup {
    Arc::new(|name| Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }))
}

/// Whether a request failed because of [`NoPublicAddress`].
pub(super) fn is_private(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<NoPublicAddress>() {
            return true;
        }
        cause = error.source();
    }
    false
}

impl fmt::Display for NoPublicAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads into a private network")
    }
}

impl std::error::Error for NoPublicAddress {}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    async fn resolved(addresses: &[&str]) -> Result<Vec<String>, String> {
        let found: Vec<SocketAddr> =
            addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect();
        let lookup: Lookup = Arc::new(move |_| Box::pin(std::future::ready(Ok(found.clone()))));
        let resolved = PublicOnly::new(lookup).resolve("data.example.org".parse().unwrap()).await;
        resolved
            .map(|addresses| addresses.map(|address| address.ip().to_string()).collect())
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn only_public_addresses_of_a_name_are_used() {
        let mixed = ["127.0.0.1", "1.1.1.1", "::1", "10.0.0.1", "2606:4700::1111"];
        assert_eq!(resolved(&mixed).await.unwrap(), ["1.1.1.1", "2606:4700::1111"]);
        assert_eq!(resolved(&[]).await.unwrap(), [""; 0]);
        for private in ["127.0.0.1", "169.254.169.254", "192.168.1.1", "fd00:ec2::254", "::ffff:10.0.0.1"] {
            assert_eq!(resolved(&[private]).await.unwrap_err(), NoPublicAddress.to_string(), "{private}");
        }
    }
}
