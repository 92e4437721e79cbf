//! Domains of links and pictures.

use std::collections::BTreeSet;

use linkify::{LinkFinder, LinkKind};

use crate::{Refusal, fold::fold};

/// A rule about domains.
#[derive(Debug)]
pub(crate) struct Domains {
    pub(crate) which: Which,
    pub(crate) refusal: Refusal,
}

#[derive(Debug)]
pub(crate) enum Which {
    /// These domains are refused, with all names below them.
    Deny(BTreeSet<String>),
    /// All others are refused.
    Allow(BTreeSet<String>),
    /// All are refused.
    None,
}

/// Endings of names that count as links without `https://` or `www.` before them. Others could be the end of a sentence
/// and the beginning of the next one.
const ENDINGS: &[&str] = &[
    "ai", "app", "biz", "cc", "club", "cn", "co", "com", "dev", "gg", "gl", "hk", "info", "io",
    "jp", "kr", "link", "live", "ly", "me", "mobi", "net", "online", "org", "pro", "ru", "shop",
    "site", "store", "tk", "top", "tv", "tw", "uk", "us", "vip", "xyz",
];

impl Domains {
    /// Whether a text has a link that is refused.
    pub(crate) fn refuse_links_in(&self, text: &str) -> bool {
        let text = fold(text);
        let mut finder = LinkFinder::new();
        finder.kinds(&[LinkKind::Url]).url_must_have_scheme(false);
        finder.links(&text).any(|link| {
            let link = link.as_str();
            let host = host(link).unwrap_or_default();
            match &self.which {
                Which::Deny(domains) => names(host).any(|name| is_below(name, domains)),
                Which::Allow(_) | Which::None if !is_surely_a_link(link, host) => false,
                Which::Allow(domains) => {
                    let mut parts = names(host).skip(1).peekable();
                    let allowed = parts.peek().is_some() && parts.all(|it| is_below(it, domains));
                    !allowed && !is_below(host, domains)
                }
                Which::None => true,
            }
        })
    }

    /// Whether the URL of a picture is refused.
    pub(crate) fn refuse_picture(&self, url: &str) -> bool {
        let url = fold(url.trim());
        if url.is_empty() {
            return false;
        }
        let host = url.contains("//").then(|| host(&url)).flatten();
        match &self.which {
            Which::Deny(domains) => host.is_some_and(|host| is_below(host, domains)),
            Which::Allow(domains) => host.is_none_or(|host| !is_below(host, domains)),
            Which::None => true,
        }
    }
}

/// The host in a link, as a browser reads it. `None` if it has none.
fn host(link: &str) -> Option<&str> {
    let rest = link.split_once("//").map_or(link, |(_, rest)| rest);
    let authority = rest.split(['/', '\\', '?', '#']).next()?;
    let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => host.split(':').next()?,
    };
    let host = host.trim_end_matches('.');
    (!host.is_empty()).then_some(host)
}

/// The names that a host can be: all of it, and the names in it that have ASCII letters only. Chinese and Japanese have no
/// spaces, so the words before and after a link look like a part of it.
fn names(host: &str) -> impl Iterator<Item = &str> {
    let is_ascii = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let parts = host.split(move |c| !is_ascii(c));
    let parts = parts.map(|part| part.trim_matches('.'));
    [host]
        .into_iter()
        .chain(parts.filter(|part| part.contains('.')))
}

fn is_surely_a_link(link: &str, host: &str) -> bool {
    let is_known = |name: &str| {
        let ending = name.rsplit('.').next().unwrap_or_default();
        ENDINGS.contains(&ending)
    };
    link.contains('/') || names(host).any(|name| name.starts_with("www.") || is_known(name))
}

/// Whether a host is one of these domains or a name below it.
fn is_below(host: &str, domains: &BTreeSet<String>) -> bool {
    let mut name = host;
    loop {
        if domains.contains(name) {
            return true;
        }
        match name.split_once('.') {
            Some((_, rest)) => name = rest,
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_the_one_that_a_browser_would_ask() {
        for (link, expected) in [
            ("https://example.com/a?b#c", Some("example.com")),
            ("https://good.com@evil.com/", Some("evil.com")),
            ("https://evil.com\\@good.com", Some("evil.com")),
            ("https://a:b@evil.com:8443", Some("evil.com")),
            ("https://evil.com?@good.com", Some("evil.com")),
            ("//example.com/x", Some("example.com")),
            ("http://[::1]:80/", Some("::1")),
            ("www.example.com.", Some("www.example.com")),
            ("https://", None),
        ] {
            assert_eq!(host(link), expected, "{link}");
        }
    }
}
