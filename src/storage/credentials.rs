//! The S3 client: options first, then the environment, the shared credentials file, and the machine's own role.
//!
//! The object store's builder knows the environment and the metadata services of containers and instances; the files
//! that `aws configure` writes are read here, because that is where a laptop's keys are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use object_store::aws::{AmazonS3, AmazonS3Builder};

use super::{Error, Result, StorageOptions};

/// A client for `bucket`.
pub(super) fn s3(bucket: &str, options: &StorageOptions) -> Result<AmazonS3> {
    let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
    let profile = profile(options, environment);

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
    builder.build().map_err(|source| Error::from_object_store(format!("s3://{bucket}"), source))
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
    fn a_profile_is_read_from_its_own_section_only() {
        let text = "# keys\n[default]\naws_access_key_id = A\n\n[dev]\n aws_access_key_id=B\n; no = comment\nregion = eu-west-1\n";
        assert_eq!(settings(text, "default").get("aws_access_key_id").unwrap(), "A");
        let dev = settings(text, "dev");
        assert_eq!(dev.len(), 2);
        assert_eq!(dev["region"], "eu-west-1");
        assert!(settings(text, "other").is_empty());
    }
}
