//! The S3 client: options first, then the environment, the shared credentials file, and the machine's own role.
//!
//! The object store's builder knows the environment and the metadata services of containers and instances; the files
//! that `aws configure` writes are read here, because that is where a laptop's keys are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, AwsCredentialProvider};

use super::{Error, Result, StorageOptions};

/// How a bucket is reached, for requests that the object store's interface does not have.
#[derive(Debug, Clone)]
pub struct S3Access {
    /// Name of the bucket.
    pub bucket: String,
    /// Address of the service with its scheme and without a trailing slash, such as `https://s3.eu-west-1.amazonaws.com`.
    pub endpoint: String,
    /// Region that requests are signed for.
    pub region: String,
    /// Whether the bucket is part of the host's name instead of the path.
    pub is_virtual_hosted: bool,
    /// Where the keys come from; None: requests are not signed.
    pub credentials: Option<AwsCredentialProvider>,
}

impl S3Access {
    /// Access to `bucket` with the endpoint and credentials that a lake there would use.
    ///
    /// # Errors
    /// [`Error::Other`] when the settings contradict each other.
    pub fn new(bucket: &str, options: &StorageOptions) -> Result<Self> {
        let builder = builder(bucket, options)?;
        let value = |key| builder.get_config_value(&key);
        let is_set = |key| value(key).is_some_and(|text| text == "true");
        let is_virtual_hosted = is_set(AmazonS3ConfigKey::VirtualHostedStyleRequest);
        let is_signed = !is_set(AmazonS3ConfigKey::SkipSignature);
        let region = value(AmazonS3ConfigKey::Region).unwrap_or_else(|| "us-east-1".to_owned());
        let endpoint = value(AmazonS3ConfigKey::Endpoint).unwrap_or_else(|| match is_virtual_hosted {
            true => format!("https://{bucket}.s3.{region}.amazonaws.com"),
            false => format!("https://s3.{region}.amazonaws.com"),
        });
        let store = builder.build().map_err(|source| Error::from_object_store(format!("s3://{bucket}"), source))?;
        Ok(Self {
            bucket: bucket.to_owned(),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            region,
            is_virtual_hosted,
            credentials: is_signed.then(|| std::sync::Arc::clone(store.credentials())),
        })
    }
}

/// A client for `bucket`.
pub(super) fn s3(bucket: &str, options: &StorageOptions) -> Result<AmazonS3> {
    builder(bucket, options)?.build().map_err(|source| Error::from_object_store(format!("s3://{bucket}"), source))
}

/// The settings of a client for `bucket`, gathered from all the places where they can be.
fn builder(bucket: &str, options: &StorageOptions) -> Result<AmazonS3Builder> {
    let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
    let profile = profile(options, environment);
    if let Some(name) = options.profile.as_ref().filter(|_| profile.is_empty()) {
        // Going on with whatever credentials there are would be going on as somebody else.
        let reason = format!("there is no profile `{name}`\nhint: `aws configure --profile {name}` writes one");
        return Err(Error::Other { path: format!("s3://{bucket}"), source: reason.into() });
    }

    let endpoint = options.endpoint_url.clone().or_else(|| {
        ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"].iter().find_map(|name| environment(name))
    });
    if let Some(endpoint) = endpoint.or_else(|| profile.get("endpoint_url").cloned()) {
        builder = builder.with_allow_http(endpoint.starts_with("http://")).with_endpoint(endpoint);
    }
    let named = environment("AWS_REGION").or_else(|| environment("AWS_DEFAULT_REGION"));
    if let Some(region) = options.region.clone().or(named).or_else(|| profile.get("region").cloned()) {
        builder = builder.with_region(region);
    }
    let from_options =
        (options.access_key_id.clone(), options.secret_access_key.clone(), options.session_token.clone());
    let from_profile = || {
        let value = |name: &str| profile.get(name).cloned();
        (value("aws_access_key_id"), value("aws_secret_access_key"), value("aws_session_token"))
    };
    let has_environment = environment("AWS_ACCESS_KEY_ID").is_some() && options.profile.is_none();
    let keys = match from_options {
        (Some(key), Some(secret), token) => Some((key, secret, token)),
        _ if has_environment => None,
        _ => match from_profile() {
            (Some(key), Some(secret), token) => Some((key, secret, token)),
            _ => None,
        },
    };
    if let Some((key, secret, token)) = keys {
        builder = builder.with_access_key_id(key).with_secret_access_key(secret);
        if let Some(token) = token {
            builder = builder.with_token(token);
        }
    }
    Ok(builder)
}

/// The settings of the profile in use, from both of the files that `aws configure` writes.
fn profile(options: &StorageOptions, environment: impl Fn(&str) -> Option<String>) -> BTreeMap<String, String> {
    let name = options.profile.clone().or_else(|| environment("AWS_PROFILE")).unwrap_or_else(|| "default".into());
    let file = |variable: &str, default: &str| {
        let path = environment(variable).map(PathBuf::from);
        path.or_else(|| std::env::home_dir().map(|home| home.join(".aws").join(default)))
            .and_then(|path| std::fs::read_to_string(path).ok())
            .unwrap_or_default()
    };
    let section = if name == "default" { name.clone() } else { format!("profile {name}") };
    let mut settings = settings(&file("AWS_CONFIG_FILE", "config"), &section);
    settings.extend(self::settings(&file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), &name));
    settings
}

/// The `key = value` lines of one `[section]`.
fn settings(text: &str, section: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = name.trim() == section;
        } else if let Some((key, value)) = line.split_once('=').filter(|_| inside && !line.starts_with(['#', ';'])) {
            found.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_is_not_there_is_an_error() {
        let options = StorageOptions { profile: Some("nobody-of-this-name".into()), ..StorageOptions::default() };
        let error = S3Access::new("b", &options).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("no profile `nobody-of-this-name`"), "{error}");
    }

    #[test]
    fn a_profile_is_read_from_its_own_section_only() {
        let text = "# keys\n[default]\naws_access_key_id = A\n\n[dev]\n aws_access_key_id=B\n; no = comment\nregion = eu-west-1\n";
        assert_eq!(settings(text, "default").get("aws_access_key_id").unwrap(), "A");
        let dev = settings(text, "dev");
        assert_eq!(dev.len(), 2);
        assert_eq!(dev["region"], "eu-west-1");
        assert!(settings(text, "other").is_empty());
    }
}
