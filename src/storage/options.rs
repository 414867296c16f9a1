//! How to reach a lake: endpoint, region, credentials, cache folder.

use std::path::PathBuf;

/// How to reach a lake. Everything is optional: what is missing comes from the environment.
#[derive(Clone, Default)]
pub struct StorageOptions {
    /// Address of a service that speaks S3, such as `http://localhost:9000`; the environment's or AWS itself when None.
    pub endpoint_url: Option<String>,
    /// Region of the bucket.
    pub region: Option<String>,
    /// Access key; with [`Self::secret_access_key`] it replaces the environment's credentials.
    pub access_key_id: Option<String>,
    /// Secret of [`Self::access_key_id`].
    pub secret_access_key: Option<String>,
    /// Session token of temporary credentials.
    pub session_token: Option<String>,
    /// Named profile of the shared credentials file; `AWS_PROFILE` or `default` when None.
    pub profile: Option<String>,
    /// Folder for the private files of lakes on `s3://`; `BAYOU_CACHE_DIR` or the user's cache folder when None.
    pub cache_dir: Option<PathBuf>,
}

impl std::fmt::Debug for StorageOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hidden = |secret: &Option<String>| secret.as_ref().map(|_| "…");
        f.debug_struct("StorageOptions")
            .field("endpoint_url", &self.endpoint_url)
            .field("region", &self.region)
            .field("access_key_id", &hidden(&self.access_key_id))
            .field("secret_access_key", &hidden(&self.secret_access_key))
            .field("session_token", &hidden(&self.session_token))
            .field("profile", &self.profile)
            .field("cache_dir", &self.cache_dir)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_printed() {
        let options = StorageOptions { secret_access_key: Some("hush".into()), ..Default::default() };
        assert!(!format!("{options:?}").contains("hush"));
    }
}
