//! How stores are reached: what the environment says, and what the client was told.

use super::place::Kind;
use super::profile::Profile;
use super::wire::Wire;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use parqlet_core::{Error, ErrorKind, Result};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use url::Url;

/// The region that is assumed where nothing names one.
const REGION: &str = "us-east-1";

/// What a client was told of object stores; everything else comes from the environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) endpoint: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) anonymous: bool,
    pub(crate) options: Named,
}

/// Settings by the names that `object_store` gives them. Some are secrets.
#[derive(Clone, Default)]
pub(crate) struct Named(Vec<(String, String)>);

/// A way to a bucket, and the region that its requests are signed for.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) region: Option<String>,
    /// The profile that the credentials are of.
    pub(super) profile: Option<String>,
}

impl Settings {
    /// Whether the endpoint can be one.
    pub(crate) fn check(&self) -> Result<()> {
        for (name, _) in &self.options.0 {
            let known = name.parse::<AmazonS3ConfigKey>().is_ok()
                || name.parse::<GoogleConfigKey>().is_ok()
                || name.parse::<AzureConfigKey>().is_ok();
            if !known {
                return Err(Error::new(ErrorKind::Usage, format!("no object store has a setting `{name}`")));
            }
        }
        let Some(endpoint) = &self.endpoint else { return Ok(()) };
        match Url::parse(endpoint) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Usage,
                "the endpoint is no http:// or https:// URL: write it as in https://minio.example.org:9000",
            )),
        }
    }

    /// The way to a bucket. `region` is where the bucket said it is.
    pub(super) fn sign(&self, kind: Kind, bucket: &str, region: Option<&str>, wire: &Wire) -> Result<Signed> {
        let signed = match kind {
            Kind::S3 => return self.s3(bucket, region, wire),
            Kind::Gcs => self.gcs(bucket, wire),
            Kind::Azure => self.azure(bucket, wire),
        };
        signed.map_err(|error| unusable(kind, &error))
    }

    fn s3(&self, bucket: &str, region: Option<&str>, wire: &Wire) -> Result<Signed> {
        let mut builder = self
            .options
            .apply(AmazonS3Builder::from_env(), AmazonS3Builder::with_config)
            .with_bucket_name(bucket)
            .with_retry(never())
            .with_client_options(options())
            .with_http_connector(wire.clone());
        if let Some(endpoint) = &self.endpoint {
            // An address for S3 alone goes before one for all services.
            builder = builder.with_config(AmazonS3ConfigKey::S3Endpoint, endpoint);
        }
        if let Some(region) = region.or(self.region.as_deref()) {
            builder = builder.with_region(region);
        }
        if self.anonymous {
            builder = builder.with_skip_signature(true);
        }
        let (builder, profile) = with_profile(builder)?;
        let region = builder.get_config_value(&AmazonS3ConfigKey::Region).unwrap_or_else(|| REGION.to_owned());
        let store = builder.build().map_err(|error| unusable(Kind::S3, &error))?;
        Ok(Signed { store: Arc::new(store), region: Some(region), profile })
    }

    fn gcs(&self, bucket: &str, wire: &Wire) -> object_store::Result<Signed> {
        let mut builder = self
            .options
            .apply(GoogleCloudStorageBuilder::from_env(), GoogleCloudStorageBuilder::with_config)
            .with_bucket_name(bucket)
            .with_retry(never())
            .with_client_options(options())
            .with_http_connector(wire.clone());
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_base_url(endpoint.trim_end_matches('/'));
        }
        if self.anonymous {
            builder = builder.with_skip_signature(true);
        }
        Ok(Signed { store: Arc::new(builder.build()?), region: None, profile: None })
    }

    fn azure(&self, container: &str, wire: &Wire) -> object_store::Result<Signed> {
        let mut builder = self
            .options
            .apply(MicrosoftAzureBuilder::from_env(), MicrosoftAzureBuilder::with_config)
            .with_container_name(container)
            .with_retry(never())
            .with_client_options(options())
            .with_http_connector(wire.clone());
        if let Some(endpoint) = &self.endpoint {
            // The account is the first part of the host's name, as in `account.blob.core.windows.net`.
            if builder.get_config_value(&AzureConfigKey::AccountName).is_none()
                && let Some(host) = Url::parse(endpoint).ok().as_ref().and_then(Url::host_str)
            {
                builder = builder.with_account(host.split('.').next().unwrap_or(host));
            }
            builder = builder.with_endpoint(endpoint.clone());
        }
        if self.anonymous {
            builder = builder.with_skip_signature(true);
        }
        Ok(Signed { store: Arc::new(builder.build()?), region: None, profile: None })
    }
}

impl Named {
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.push((name.to_ascii_lowercase(), value.to_owned()));
    }

    /// Hands a builder the settings that it knows.
    fn apply<B, K: FromStr>(&self, builder: B, with: fn(B, K, String) -> B) -> B {
        let known = self.0.iter().filter_map(|(name, value)| Some((name.parse().ok()?, value.clone())));
        known.fold(builder, |builder, (key, value)| with(builder, key, value))
    }
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Takes from the profile what nobody has said yet; its name where the credentials are of it.
fn with_profile(mut builder: AmazonS3Builder) -> Result<(AmazonS3Builder, Option<String>)> {
    use AmazonS3ConfigKey as Key;
    let is_set = |builder: &AmazonS3Builder, key| builder.get_config_value(&key).is_some();
    let signed = builder.get_config_value(&Key::SkipSignature).as_deref() != Some("true");
    // As the AWS tools have it, a web identity of the environment goes before a profile, and a machine's own role behind.
    let wants = signed && !is_set(&builder, Key::AccessKeyId) && !is_set(&builder, Key::WebIdentityTokenFile);
    let profile = match Profile::of_environment() {
        Ok(Some(profile)) => profile,
        Ok(None) => return Ok((builder, None)),
        // Nobody needs it.
        Err(_) if !wants => return Ok((builder, None)),
        Err(error) => return Err(error),
    };
    if let Some(region) = profile.region.as_ref().filter(|_| !is_set(&builder, Key::Region)) {
        builder = builder.with_region(region);
    }
    let elsewhere = is_set(&builder, Key::Endpoint) || is_set(&builder, Key::S3Endpoint);
    if let Some(endpoint) = profile.endpoint.as_ref().filter(|_| !elsewhere) {
        builder = builder.with_endpoint(endpoint);
    }
    let Some(keys) = wants.then(|| profile.keys()).transpose()?.flatten() else { return Ok((builder, None)) };
    builder = builder.with_access_key_id(keys.id).with_secret_access_key(keys.secret);
    if let Some(token) = keys.token {
        builder = builder.with_token(token);
    }
    Ok((builder, Some(profile.name)))
}

/// Whether and when to ask again is decided by the load.
fn never() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

/// No limits of its own: those of our client hold. That there is none for connecting also tells [`Wire`] these options
/// from those for machines' metadata.
fn options() -> ClientOptions {
    ClientOptions::new().with_timeout_disabled().with_connect_timeout_disabled()
}

fn unusable(kind: Kind, error: &object_store::Error) -> Error {
    // What is wrong with a setting; its innermost error is the plainest, and none of them repeats a secret's value.
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let (scheme, credentials) = (kind.scheme(), kind.credentials());
    Error::new(
        ErrorKind::Usage,
        format!("the settings for {scheme}:// can't be used ({cause}): check {credentials} in the environment"),
    )
}
