//! Profiles of `~/.aws/credentials` and `~/.aws/config`, as the AWS tools write them: what is in them as it stands, and a
//! sentence where a program or a sign-in would have to be asked.

use configparser::ini::{Ini, IniDefault};
use parqlet_core::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::env::{home_dir, var, var_os};
use std::path::PathBuf;

/// What a profile says of S3.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) region: Option<String>,
    pub(super) endpoint: Option<String>,
    source: Option<Source>,
}

/// Long-lived keys, or temporary ones with their token.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) token: Option<String>,
}

/// Where the credentials of a profile are.
#[derive(Clone, PartialEq, Eq)]
enum Source {
    Keys(Keys),
    /// An access key without its secret.
    Half,
    /// This setting says how to get them.
    Elsewhere(&'static str),
}

/// Settings by which others get credentials, besides `role_arn`.
const ELSEWHERE: [&str; 4] = ["credential_process", "sso_session", "sso_start_url", "login_session"];

type Section = HashMap<String, Option<String>>;

impl Profile {
    /// The profile that `AWS_PROFILE` names, else `default`; `None` where nobody asked for one and there is none. The files
    /// are those that `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` name, else those in `~/.aws`.
    ///
    /// # Errors
    /// When a file can't be read, or has no profile of that name.
    pub(super) fn of_environment() -> Result<Option<Self>> {
        let asked = var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
        let text = |variable: &str, name: &str| {
            let named = var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
            named.or_else(|| Some(home_dir()?.join(".aws").join(name))).map_or_else(|| Ok(String::new()), read)
        };
        let credentials = text("AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
        Self::of(asked.as_deref(), &credentials, &text("AWS_CONFIG_FILE", "config")?)
    }

    fn of(asked: Option<&str>, credentials: &str, config: &str) -> Result<Option<Self>> {
        let name = asked.unwrap_or("default");
        let config = sections(config, "config")?;
        let first = sections(credentials, "credentials")?.remove(name);
        let found = config.iter().find(|(header, _)| profile_of(header) == Some(name));
        let found = found.or_else(|| config.iter().find(|(header, _)| name == "default" && *header == "default"));
        let of_profile: Vec<&Section> = first.iter().chain(found.map(|(_, section)| section)).collect();
        if of_profile.is_empty() {
            return match asked {
                Some(_) => Err(Error::new(
                    ErrorKind::Usage,
                    format!(
                        "AWS_PROFILE names `{name}`, and there is no such profile in ~/.aws/credentials or ~/.aws/config"
                    ),
                )),
                None => Ok(None),
            };
        }
        let value = |key: &str| of_profile.iter().find_map(|section| value(section, key));
        let elsewhere = || ELSEWHERE.into_iter().find(|key| value(key).is_some()).map(Source::Elsewhere);
        Ok(Some(Self {
            name: name.to_owned(),
            region: value("region"),
            endpoint: value("endpoint_url"),
            // Keys beside a role are there to take it, and not meant for S3.
            source: value("role_arn")
                .map(|_| Source::Elsewhere("role_arn"))
                .or_else(|| of_profile.iter().find_map(|section| keys(section)))
                .or_else(elsewhere),
        }))
    }

    /// The keys; `None` where the profile says nothing of credentials.
    ///
    /// # Errors
    /// When it says how to get them, which isn't done here.
    pub(super) fn keys(&self) -> Result<Option<Keys>> {
        let name = &self.name;
        let wrong = |text: String| Err(Error::new(ErrorKind::Usage, text));
        match &self.source {
            None => Ok(None),
            Some(Source::Keys(keys)) => Ok(Some(keys.clone())),
            Some(Source::Half) => {
                wrong(format!("the profile `{name}` has aws_access_key_id and no aws_secret_access_key"))
            }
            Some(Source::Elsewhere(key)) => wrong(format!(
                "the profile `{name}` gets its credentials by {key}, which is not done here: set what `aws configure \
                 export-credentials --profile {name} --format env` prints"
            )),
        }
    }
}

/// The name in `profile NAME`, with quotes or without.
fn profile_of(header: &str) -> Option<&str> {
    let rest = header.strip_prefix("profile")?;
    rest.starts_with(char::is_whitespace).then(|| rest.trim().trim_matches(['"', '\'']))
}

fn value(section: &Section, key: &str) -> Option<String> {
    section.get(key)?.clone().filter(|value| !value.is_empty())
}

fn keys(section: &Section) -> Option<Source> {
    let id = value(section, "aws_access_key_id")?;
    let Some(secret) = value(section, "aws_secret_access_key") else { return Some(Source::Half) };
    Some(Source::Keys(Keys { id, secret, token: value(section, "aws_session_token") }))
}

fn sections(text: &str, name: &str) -> Result<HashMap<String, Section>> {
    let mut settings = IniDefault::default();
    // No section has an empty name: what stands before the first one is nobody's.
    settings.default_section = String::new();
    settings.delimiters = vec!['='];
    settings.case_sensitive = true;
    // Settings of settings, indented.
    settings.multiline = true;
    // A secret may have any character.
    settings.enable_inline_comments = false;
    let mut ini = Ini::new_from_defaults(settings);
    // What is said of a line that is none has its number and no more.
    ini.read(text.to_owned())
        .map_err(|error| Error::new(ErrorKind::Usage, format!("the AWS {name} file can't be understood ({error})")))
}

/// The text of a file; none where there is no file.
fn read(path: PathBuf) -> Result<String> {
    match std::fs::read_to_string(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::new(ErrorKind::Usage, format!("{} can't be read ({error})", path.display())))
        }
        text => Ok(text.unwrap_or_default()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const CREDENTIALS: &str = "\
# of the AWS tools
[default]
aws_access_key_id = KEY
aws_secret_access_key = a=b#c;d/+
[dev]
aws_access_key_id=DEV
aws_secret_access_key=secret
aws_session_token=token==
[half]
aws_access_key_id = KEY
";
    const CONFIG: &str = "\
[default]
region = eu-west-1
s3 =
  max_concurrent_requests = 20
  region = nowhere
[profile dev]
region=eu-north-1
endpoint_url = http://127.0.0.1:9000
[profile \"sign in\"]
sso_session = company
[profile role]
aws_access_key_id = KEY
aws_secret_access_key = s
role_arn = arn:aws:iam::1:role/x
source_profile = role
[profile plain]
output = json
[profile own]
aws_access_key_id = OWN
aws_secret_access_key = s
[sso-session company]
sso_start_url = https://example.org
[dev2]
region = x
";

    fn of(asked: Option<&str>) -> Result<Option<Profile>> {
        Profile::of(asked, CREDENTIALS, CONFIG)
    }

    fn key_id(name: &str) -> Result<Option<String>> {
        Ok(of(Some(name)).unwrap().unwrap().keys()?.map(|keys| keys.id))
    }

    #[test]
    fn a_profile_is_what_both_files_say_of_it() {
        let default = of(None).unwrap().unwrap();
        assert_eq!((default.name.as_str(), default.region.as_deref()), ("default", Some("eu-west-1")));
        assert_eq!(default.keys().unwrap().unwrap().secret, "a=b#c;d/+");
        let dev = of(Some("dev")).unwrap().unwrap();
        assert_eq!(dev.endpoint.as_deref(), Some("http://127.0.0.1:9000"));
        assert_eq!(dev.keys().unwrap().unwrap().token.as_deref(), Some("token=="));
        assert_eq!(key_id("own").unwrap().as_deref(), Some("OWN"));
        assert_eq!(key_id("plain").unwrap(), None);
    }

    #[test]
    fn one_that_is_not_there_is_an_error_only_where_it_was_asked_for() {
        assert!(Profile::of(None, "", "").unwrap().is_none());
        for name in ["none", "dev2", "profile dev", ""] {
            let error = of(Some(name)).err().unwrap();
            assert!(error.message().starts_with(&format!("AWS_PROFILE names `{name}`, and")), "{error}");
        }
    }

    #[test]
    fn what_is_not_read_says_so_and_what_to_do() {
        let error = key_id("sign in").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(error.message().contains("by sso_session, which is not done here: set what `aws configure"), "{error}");
        assert!(key_id("role").unwrap_err().message().contains("by role_arn, which"));
        assert!(key_id("half").unwrap_err().message().ends_with("no aws_secret_access_key"));
    }

    #[test]
    fn a_file_that_is_none_is_told_by_its_line_alone() {
        let error = Profile::of(None, "[default\naws_secret_access_key = SECRET", "").err().unwrap();
        assert!(error.message().contains("credentials file") && error.message().contains("line 1"), "{error}");
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
}
