//! What a store's refusal means to a user: one sentence, with what to do.

use super::place::Kind;
use super::wire::Refusal;
use crate::headers::head;
use parqlet_core::answer::check_head;
use parqlet_core::fetch::{Request, Span};
use parqlet_core::{Error, ErrorKind};

/// No object can be read any more, whichever was asked for.
const OF_CREDENTIALS: [&str; 6] = [
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
];

impl Refusal {
    /// The error for it. `request` is the one that was refused; none for a listing.
    pub(super) fn explained(&self, request: Option<&Request>, kind: Kind, anonymous: bool) -> Error {
        let listing = Request { span: Span::Length, pinned: None, opening: true };
        let head = head(self.status, &self.headers);
        let status = self.status.as_u16();
        let Err(judged) = check_head(request.unwrap_or(&listing), &head, 0) else {
            return Error::new(ErrorKind::Server, format!("the store's answer ({status}) makes no sense here"));
        };
        let code = self.code();
        match self.sentence(code, kind, anonymous, request.is_some()) {
            // What the core says of it is said of any server; the status, the wait and the length are as good here.
            Some((error_kind, sentence)) => {
                let said = code.map_or_else(|| status.to_string(), |code| format!("{status} {code}"));
                let error = Error::new(error_kind, sentence.replace("{}", &said)).with_status(status);
                let error = error.with_retry_after(judged.retry_after());
                if code.is_some_and(|code| OF_CREDENTIALS.contains(&code)) { error.general() } else { error }
            }
            None => judged,
        }
    }

    /// The region that the bucket is in, where the answer tells it.
    pub(super) fn region(&self) -> Option<&str> {
        let region = self.headers.get("x-amz-bucket-region")?.to_str().ok()?;
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        (!region.is_empty() && region.len() <= 32 && region.chars().all(plain)).then_some(region)
    }

    /// The store's own word for it, such as `AccessDenied`.
    fn code(&self) -> Option<&str> {
        let from_header = || self.headers.get("x-ms-error-code")?.to_str().ok();
        let from_text = || Some(self.text.split_once("<Code>")?.1.split_once("</Code>")?.0);
        let code = from_text().or_else(from_header)?.trim();
        (code.len() <= 60 && code.chars().all(|letter| letter.is_ascii_alphanumeric())).then_some(code)
    }

    /// `{}` stands for status and code.
    fn sentence(&self, code: Option<&str>, kind: Kind, anonymous: bool, object: bool) -> Option<(ErrorKind, String)> {
        let credentials = kind.credentials();
        let forbidden = |text: String| Some((ErrorKind::Forbidden, text));
        match (code.unwrap_or_default(), self.status.as_u16()) {
            ("SignatureDoesNotMatch", _) => forbidden(
                "the store finds the signature wrong ({}): the secret key is not the access key's; check \
                 AWS_SECRET_ACCESS_KEY"
                    .to_owned(),
            ),
            ("InvalidAccessKeyId", _) => forbidden(
                "the store doesn't know the access key ({}): check AWS_ACCESS_KEY_ID, and that the endpoint is the right one"
                    .to_owned(),
            ),
            ("ExpiredToken" | "TokenRefreshRequired" | "InvalidToken", _) => forbidden(format!(
                "the credentials have expired or are not valid ({{}}): get new ones and set {credentials}{}",
                if kind == Kind::S3 { ", with AWS_SESSION_TOKEN" } else { "" }
            )),
            ("RequestTimeTooSkewed", _) => {
                forbidden("the store finds the time of the request wrong ({}): set this machine's clock".to_owned())
            }
            ("NoSuchBucket" | "ContainerNotFound", _) => Some((
                ErrorKind::NotFound,
                "there is no such bucket ({}): check its name, and that the endpoint is the right one".to_owned(),
            )),
            ("SlowDown", 429 | 503) => {
                Some((ErrorKind::Throttled, "the store asks for fewer requests ({}): try again later".to_owned()))
            }
            ("RequestTimeout", 400) => {
                Some((ErrorKind::Network, "the store gave up waiting for the request ({}): try again later".to_owned()))
            }
            (_, 301 | 307 | 400) if self.region().is_some() => {
                let region = self.region().unwrap_or_default();
                Some((ErrorKind::Usage, format!("the bucket is in another region ({{}}): name it, with --region {region}")))
            }
            (_, 401 | 403) if anonymous => forbidden(format!(
                "the store wants credentials ({{}}): leave out --anonymous and set {credentials} in the environment"
            )),
            (_, 401 | 403) if object => forbidden(format!(
                "the store refuses access ({{}}): these credentials may not read this object, or there is no such object \
                 and they may not know; check {credentials}"
            )),
            (_, 401 | 403) => {
                forbidden(format!("the store refuses to list ({{}}): these credentials may not; check {credentials}"))
            }
            (_, 404) if !object => Some((ErrorKind::NotFound, "there is no such bucket ({}): check its name".to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use http::{HeaderMap, StatusCode};

    fn refusal(status: u16, code: &str, headers: &[(&'static str, &str)]) -> Refusal {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let text = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>x</Message></Error>");
        Refusal { status: StatusCode::from_u16(status).unwrap(), headers: map, text }
    }

    fn explained(refusal: &Refusal) -> Error {
        let request = Request { span: Span::Tail(8), pinned: None, opening: true };
        refusal.explained(Some(&request), Kind::S3, false)
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        for (status, code, kind, word) in [
            (403, "SignatureDoesNotMatch", ErrorKind::Forbidden, "AWS_SECRET_ACCESS_KEY"),
            (403, "InvalidAccessKeyId", ErrorKind::Forbidden, "AWS_ACCESS_KEY_ID"),
            (400, "ExpiredToken", ErrorKind::Forbidden, "AWS_SESSION_TOKEN"),
            (403, "RequestTimeTooSkewed", ErrorKind::Forbidden, "clock"),
            (403, "AccessDenied", ErrorKind::Forbidden, "403 AccessDenied"),
            (404, "NoSuchBucket", ErrorKind::NotFound, "no such bucket"),
            (404, "NoSuchKey", ErrorKind::NotFound, "no such object"),
        ] {
            let error = explained(&refusal(status, code, &[]));
            assert_eq!((error.kind(), error.status(), error.is_retryable()), (kind, Some(status), false), "{error}");
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn a_busy_store_is_asked_again_when_it_says() {
        let error = explained(&refusal(503, "SlowDown", &[("retry-after", "2")]));
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Throttled, true));
        assert_eq!(error.retry_after().unwrap().as_secs(), 2);
        assert_eq!(explained(&refusal(429, "", &[])).kind(), ErrorKind::Throttled);
        assert!(explained(&refusal(500, "InternalError", &[])).is_retryable());
        assert!(explained(&refusal(400, "RequestTimeout", &[])).is_retryable());
    }

    #[test]
    fn another_region_is_named_and_nothing_else_is_believed_to_be_one() {
        let moved = refusal(301, "PermanentRedirect", &[("x-amz-bucket-region", "eu-west-1")]);
        assert_eq!(moved.region(), Some("eu-west-1"));
        assert!(explained(&moved).to_string().contains("--region eu-west-1"));
        assert_eq!(refusal(301, "", &[("x-amz-bucket-region", "a/../b")]).region(), None);
    }

    #[test]
    fn without_credentials_the_user_is_told_to_give_some() {
        let error = refusal(403, "AccessDenied", &[]).explained(None, Kind::Gcs, true);
        assert!(error.to_string().contains("GOOGLE_APPLICATION_CREDENTIALS"), "{error}");
    }

    #[test]
    fn a_code_that_is_none_is_not_repeated() {
        let error = explained(&refusal(403, "<b>hidden</b>", &[]));
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
}
