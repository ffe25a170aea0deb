//! An authority of the tests' own, and the certificates that it signs: good ones, and those that no client may take.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Who signs certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// When a certificate is valid.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Valid {
    Now,
    /// It was, years ago.
    Before,
    /// It will be, in centuries.
    Later,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Its own certificate, for the file that a user names.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// What a server of this host needs.
    pub(crate) fn signs(&self, host: &str, valid: Valid) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        (params.not_before, params.not_after) = match valid {
            Valid::Now => (date_time_ymd(2000, 1, 1), date_time_ymd(4000, 1, 1)),
            Valid::Before => (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1)),
            Valid::Later => (date_time_ymd(3900, 1, 1), date_time_ymd(4000, 1, 1)),
        };
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        Arc::new(config.with_single_cert(chain, key).unwrap())
    }
}
