//! What Tencent Chat's console takes as a URL, and what its servers can reach.
//!
//! Source: Tencent Chat, <https://cloud.tencent.com/document/product/269/32431>.

use std::{net::Ipv4Addr, num::NonZeroU16};

/// The longest host, in characters.
const HOST: usize = 63;
/// Characters that the console does not take.
const FORBIDDEN: [char; 4] = ['&', '?', '$', '!'];
/// Names that only a private network knows.
const PRIVATE: [&str; 4] = ["localhost", "local", "internal", "lan"];

/// The parts of a URL as they are written. A parser would correct what the console refuses.
struct Parts<'a> {
    scheme: &'a str,
    user: Option<&'a str>,
    host: &'a str,
    port: Option<&'a str>,
    path: &'a str,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, address) = match authority.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, authority),
        };
        let (host, port) = match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        };
        Some(Self {
            scheme,
            user,
            host,
            port,
            path,
        })
    }
}

/// Whether it contains a user name, and perhaps a password.
pub(super) fn has_user(url: &str) -> bool {
    Parts::of(url).map_or(url.contains('@'), |parts| parts.user.is_some())
}

/// Everything that is wrong with a URL for the console. It does not repeat the URL, which could contain a password.
pub(super) fn faults(url: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let is_forbidden = |c: char| FORBIDDEN.contains(&c) || c.is_whitespace() || c.is_control();
    if url.contains(is_forbidden) {
        let forbidden = FORBIDDEN.map(String::from).join(" ");
        faults.push(format!(
            "the URL contains one of {forbidden} or a space, which the console does not take"
        ));
    }
    let Some(parts) = Parts::of(url).filter(|it| matches!(it.scheme, "http" | "https")) else {
        faults.push("the URL does not begin with http:// or https://".to_owned());
        return faults;
    };
    if parts.user.is_some() {
        faults.push(
            "the URL contains a user name: Tencent Chat signs its callbacks and needs none. Use the output TencentUrl"
                .to_owned(),
        );
    }
    faults.extend(host_faults(parts.host));
    if let Some(port) = parts.port
        // A sign is not allowed, although it can be parsed.
        && (port.starts_with('+') || port.parse::<NonZeroU16>().is_err())
    {
        faults.push("the URL's port is not a number from 1 to 65535".to_owned());
    }
    faults
}

fn host_faults(host: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if host.len() > HOST {
        faults.push(format!("the URL's host has more than {HOST} characters"));
    }
    let is_label = |label: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty()
            && label.bytes().all(is_allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
            && !label.contains("--")
    };
    if !host.split('.').all(is_label) {
        faults.push(
            "the URL's host may have letters, digits and hyphens between dots, and no hyphen at an end or beside another"
                .to_owned(),
        );
        return faults;
    }
    if !is_public(host) {
        faults.push(
            "the URL's host is private: Tencent Chat's servers reach only public addresses"
                .to_owned(),
        );
    }
    faults
}

/// Whether Tencent Chat's servers may be able to reach it.
fn is_public(host: &str) -> bool {
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        let [first, second, ..] = address.octets();
        // Addresses of a provider's own network.
        let is_shared = first == 100 && (64..128).contains(&second);
        return !(address.is_private()
            || address.is_loopback()
            || address.is_link_local()
            || address.is_unspecified()
            || address.is_broadcast()
            || is_shared);
    }
    let host = host.to_ascii_lowercase();
    let (_, last) = host.rsplit_once('.').unwrap_or(("", ""));
    // A name without a dot is known only in its own network. Names of the Internet do not end with digits.
    !last.is_empty() && !PRIVATE.contains(&last) && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// What is not wrong, but better known.
pub(super) fn notes(url: &str) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(parts) = Parts::of(url) else {
        return notes;
    };
    if parts.scheme == "http" {
        notes.push(
            "With http, everybody on the way can read and change the bodies: the signature does not cover them."
                .to_owned(),
        );
    }
    if !parts.path.ends_with("/tencent") {
        notes.push(
            "Its path does not end with /tencent, as the output TencentUrl does. The function any-command gets such callbacks."
                .to_owned(),
        );
    }
    notes
}

/// Tencent Chat may mix up two URLs if one begins with the other.
pub(super) fn prefix_fault(old: &str, new: &str) -> Option<String> {
    let is_prefix = old != new && (old.starts_with(new) || new.starts_with(old));
    is_prefix.then(|| {
        "one of the old and the new URL begins with the other: choose another host, port or path, or change to a third URL in between"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_url_has_no_faults() {
        for url in [
            "https://abc123.execute-api.ap-southeast-1.amazonaws.com/prod/tencent",
            "https://chat.example.com:8443/tencent",
            "http://203.0.113.7/tencent",
            "https://example.com",
            "https://100.128.0.1/a-b/tencent",
        ] {
            assert_eq!(faults(url), [""; 0], "{url}");
        }
        let good = "https://chat.example.com/prod/tencent";
        assert_eq!(notes(good), [""; 0]);
        assert!(!has_user(good));
    }

    #[test]
    fn each_mistake_is_one_fault() {
        let long = format!("https://{}.example.com/tencent", "a".repeat(52));
        for (url, fault) in [
            (
                "https://example.com/tencent?a=1",
                "one of & ? $ ! or a space",
            ),
            ("https://example.com/a&b", "one of & ? $ ! or a space"),
            (
                "https://example.com/$default/tencent",
                "one of & ? $ ! or a space",
            ),
            ("https://example.com/tencent!", "one of & ? $ ! or a space"),
            ("https://example.com/tencent ", "one of & ? $ ! or a space"),
            ("ftp://example.com/tencent", "http:// or https://"),
            ("example.com/tencent", "http:// or https://"),
            (
                "https://my_app.example.com/tencent",
                "letters, digits and hyphens",
            ),
            (
                "https://-app.example.com/tencent",
                "letters, digits and hyphens",
            ),
            (
                "https://app-.example.com/tencent",
                "letters, digits and hyphens",
            ),
            (
                "https://a--b.example.com/tencent",
                "letters, digits and hyphens",
            ),
            ("https:///tencent", "letters, digits and hyphens"),
            (&long, "more than 63 characters"),
            ("https://user:word@example.com/tencent", "a user name"),
            ("https://example.com:0/tencent", "port"),
            ("https://example.com:65536/tencent", "port"),
            ("https://example.com:+80/tencent", "port"),
            ("https://10.1.2.3/tencent", "private"),
            ("https://172.16.0.1/tencent", "private"),
            ("https://192.168.1.2/tencent", "private"),
            ("https://127.0.0.1:9000/tencent", "private"),
            ("https://169.254.1.1/tencent", "private"),
            ("https://100.64.0.1/tencent", "private"),
            ("http://localhost:9000/tencent", "private"),
            ("http://receiver/tencent", "private"),
            ("http://receiver.internal/tencent", "private"),
            ("http://127.1/tencent", "private"),
        ] {
            let found = faults(url);
            assert_eq!(found.len(), 1, "{url}: {found:?}");
            assert!(found[0].contains(fault), "{url}: {found:?}");
        }
    }

    #[test]
    fn the_longest_host_is_accepted() {
        let url = format!("https://{}.example.com/tencent", "a".repeat(51));
        assert_eq!(faults(&url), [""; 0]);
    }

    #[test]
    fn an_old_url_that_begins_with_the_new_one_is_a_fault_and_the_other_way_round() {
        for (one, other, is_fault) in [
            ("https://h.example:443", "https://h.example:4433", true),
            ("https://h.example", "https://h.example:4433", true),
            ("https://h.example/a", "https://h.example/ab", true),
            (
                "https://h.example/tencent",
                "https://h.example/tencent",
                false,
            ),
            ("https://h.example:443", "https://h.example:8443", false),
            (
                "https://a.example/tencent",
                "https://b.example/tencent",
                false,
            ),
        ] {
            assert_eq!(
                prefix_fault(one, other).is_some(),
                is_fault,
                "{one} {other}"
            );
            assert_eq!(
                prefix_fault(other, one).is_some(),
                is_fault,
                "{other} {one}"
            );
        }
    }

    #[test]
    fn what_is_allowed_but_unusual_has_a_note() {
        assert_eq!(notes("http://example.com/tencent").len(), 1);
        assert_eq!(notes("https://example.com/prod").len(), 1);
    }
}
