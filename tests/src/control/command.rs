//! The commands, as JSON has them.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::fault::SaidFault;
use crate::server::{Cors, Preflight, When};

/// What a line can say; `do` names the variant. Paths are of the machine's file system, names what follows the slash
/// in a URL.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(super) enum Command {
    /// Serves a file from disk, or a new version of it.
    Put {
        /// Under which name.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// Serves a text, or a new version of it.
    PutText {
        /// Under which name.
        name: String,
        /// The content.
        text: String,
    },
    /// Serves all files that a folder has now, with those of the folders in it.
    PutFolder {
        /// What comes before their own paths, without a slash at its end.
        under: String,
        /// The folder.
        path: PathBuf,
    },
    /// Forgets a file.
    Remove {
        /// Which.
        name: String,
    },
    /// [`Server::rule`].
    Rule {
        /// Requests of which name.
        name: String,
        /// What goes wrong.
        fault: SaidFault,
        /// From which request on; 1.
        nth: Option<usize>,
        /// Which requests count; all.
        #[serde(default)]
        when: SaidWhen,
        /// How many get it; all.
        times: Option<usize>,
    },
    /// [`Server::clear_rules`].
    ClearRules,
    /// [`Server::cors`].
    Cors {
        /// The name, or `*`.
        name: String,
        /// What is allowed; nothing if left out.
        cors: Option<SaidCors>,
    },
    /// [`Server::refuse_connections`].
    RefuseConnections {
        /// How many.
        count: usize,
    },
    /// Gives out the log.
    Log,
    /// Empties the log.
    ResetLog,
}

/// [`Cors`] as JSON; what is left out is as its default has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SaidCors {
    allow_origin: Option<String>,
    #[serde(default)]
    credentials: bool,
    expose: Option<String>,
    preflight: Option<SaidPreflight>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum SaidPreflight {
    Answered { allow_headers: Option<String>, allow_methods: Option<String>, max_age: Option<u64> },
    Refused(u16),
}

/// [`When`] as JSON.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum SaidWhen {
    /// Every request.
    #[default]
    Any,
    /// Suffix ranges.
    Tail,
    /// Ranges with a start.
    Range,
    /// `HEAD`.
    Head,
    /// `GET`.
    Get,
}

impl From<SaidCors> for Cors {
    fn from(said: SaidCors) -> Self {
        let default = Self::default();
        Self {
            allow_origin: said.allow_origin.unwrap_or(default.allow_origin),
            credentials: said.credentials,
            expose: said.expose,
            preflight: said.preflight.map_or(default.preflight, Preflight::from),
        }
    }
}

impl From<SaidPreflight> for Preflight {
    fn from(said: SaidPreflight) -> Self {
        match said {
            SaidPreflight::Answered { allow_headers, allow_methods, max_age } => {
                Self::Answered { allow_headers, allow_methods, max_age: max_age.map(Duration::from_secs) }
            }
            SaidPreflight::Refused(status) => Self::Refused(status),
        }
    }
}

impl From<SaidWhen> for When {
    fn from(said: SaidWhen) -> Self {
        match said {
            SaidWhen::Any => Self::Any,
            SaidWhen::Tail => Self::Tail,
            SaidWhen::Range => Self::Range,
            SaidWhen::Head => Self::Head,
            SaidWhen::Get => Self::Get,
        }
    }
}
