//! A certificate authority of the server's own, so that HTTPS is tested with verification on.

use std::error::Error;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// What a server needs to speak TLS, and what its clients need to trust it.
pub(crate) struct Identity {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) ca_pem: String,
}

impl Identity {
    /// A new authority and a certificate of it for `127.0.0.1` and `localhost`.
    ///
    /// # Errors
    ///
    /// The crypto library refuses to make keys.
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let mut about_ca = CertificateParams::new(Vec::new())?;
        about_ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        about_ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        about_ca.distinguished_name.push(DnType::CommonName, "parqlet test authority");
        let ca_key = KeyPair::generate()?;
        let ca_pem = about_ca.self_signed(&ca_key)?.pem();
        let issuer = Issuer::new(about_ca, ca_key);

        let mut about_leaf = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        about_leaf.distinguished_name.push(DnType::CommonName, "parqlet test server");
        about_leaf.use_authority_key_identifier_extension = true;
        about_leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        about_leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let leaf = about_leaf.signed_by(&key, &issuer)?;

        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem })
    }
}
