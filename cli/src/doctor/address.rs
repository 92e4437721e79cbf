//! OpenIM's `url`: its parts, as they are written.

use std::net::IpAddr;

use domain::Source;
use outgoing::Place;

/// What has the url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// This machine.
    Loopback,
    /// All addresses of this machine, which only a listener can use.
    Unspecified,
    LinkLocal,
    /// A private network: an address, or a name that no public name server knows.
    Private,
    /// The machine on which a container runs.
    Container,
    /// API Gateway's own name for a stack.
    ApiGateway,
    Public,
}

/// The parts of a url.
#[derive(Debug)]
pub(super) struct Address<'a> {
    pub(super) scheme: &'a str,
    /// User and password, escaped.
    pub(super) user: Option<&'a str>,
    /// Without a port, and without the brackets of IPv6.
    pub(super) name: &'a str,
    /// Behind the host, up to the query.
    pub(super) path: &'a str,
    pub(super) has_query: bool,
    pub(super) has_fragment: bool,
}

impl<'a> Address<'a> {
    /// `None` if it has no scheme or no host, or a port that is none.
    pub(super) fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (rest, fragment) = match rest.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (rest, None),
        };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        // A password with a slash that is not escaped has its `@` behind the slash.
        let slash = match rest.rfind('@') {
            Some(at) => rest[at..].find('/').map(|it| at + it),
            None => rest.find('/'),
        };
        let (authority, path) = rest.split_at(slash.unwrap_or(rest.len()));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let (name, port) = match host.strip_prefix('[') {
            Some(v6) => {
                let (name, port) = v6.split_once(']')?;
                (name, port.strip_prefix(':'))
            }
            None => match host.split_once(':') {
                Some((name, port)) => (name, Some(port)),
                None => (host, None),
            },
        };
        let is_port = port.is_none_or(|it| it.parse::<u16>().is_ok_and(|it| it > 0));
        let is_name = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '$');
        (is_port && is_name && !url.contains(char::is_whitespace)).then_some(Self {
            scheme,
            user,
            name,
            path,
            has_query: query.is_some(),
            has_fragment: fragment.is_some(),
        })
    }

    pub(super) fn host(&self) -> Host {
        let name = self.name.to_ascii_lowercase();
        if let Ok(address) = name.parse::<IpAddr>() {
            return of_address(address);
        }
        match name.as_str() {
            "localhost" => Host::Loopback,
            "host.docker.internal" | "gateway.docker.internal" | "host.containers.internal" => {
                Host::Container
            }
            _ if name.contains(".execute-api.") && name.ends_with(".amazonaws.com") => {
                Host::ApiGateway
            }
            // The name of a container or of a machine in the same network.
            _ if !name.contains('.') => Host::Private,
            _ if [".local", ".internal", ".lan", ".localhost"]
                .iter()
                .any(|end| name.ends_with(end)) =>
            {
                Host::Private
            }
            _ => Host::Public,
        }
    }

    /// Whether user and password have only characters that need no escaping, and whole escapes.
    pub(super) fn is_escaped(&self) -> bool {
        let Some(user) = self.user else {
            return true;
        };
        let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
        let bytes = user.as_bytes();
        let password = user.split_once(':').map_or("", |(_, password)| password);
        !password.contains(':')
            && !user.contains([
                '@', '/', '[', ']', '"', '<', '>', '\\', '^', '`', '{', '|', '}',
            ])
            && bytes.iter().enumerate().all(|(at, byte)| {
                *byte != b'%' || is_hex(bytes.get(at + 1)) && is_hex(bytes.get(at + 2))
            })
    }

    /// The last part of the path, if it names a command.
    pub(super) fn command(&self) -> Option<&'a str> {
        let last = self.path.trim_end_matches('/').rsplit('/').next()?;
        let is_command = protocol::command(Source::OpenIm, last).is_some()
            || last.contains("CallbackCommand")
            || last.starts_with(':') && last.len() > 1
            || last.starts_with("callback") && last.ends_with("Command");
        is_command.then_some(last)
    }

    /// The url without what OpenIM cannot use: a query, a fragment, a command and slashes at the end.
    pub(super) fn repaired(&self, url: &str) -> String {
        let scheme = match (self.scheme, self.host()) {
            (_, Host::ApiGateway) => "https",
            ("http" | "https", _) => self.scheme,
            _ => "http",
        };
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let rest = rest[..end].trim_end_matches('/');
        let rest = match self.command() {
            Some(command) => rest.strip_suffix(command).unwrap_or(rest),
            None => rest,
        };
        format!("{scheme}://{}", rest.trim_end_matches('/'))
    }
}

fn of_address(address: IpAddr) -> Host {
    match address {
        it if it.is_loopback() => Host::Loopback,
        it if it.is_unspecified() => Host::Unspecified,
        IpAddr::V4(it) if it.is_link_local() => Host::LinkLocal,
        IpAddr::V6(it) if it.is_unicast_link_local() => Host::LinkLocal,
        it @ IpAddr::V4(_) if outgoing::place(it) == Place::Private => Host::Private,
        IpAddr::V6(it) if it.is_unique_local() => Host::Private,
        _ => Host::Public,
    }
}

/// A url without a user and a password, for messages.
pub(super) fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.rsplit('@').next().unwrap_or_default().to_owned();
    };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    format!("{scheme}://{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_apart() {
        for (url, host) in [
            ("http://127.0.0.1:9080", Host::Loopback),
            ("http://LOCALHOST/a", Host::Loopback),
            ("http://[::1]:9000/a", Host::Loopback),
            ("http://0.0.0.0:9000", Host::Unspecified),
            ("http://169.254.1.1", Host::LinkLocal),
            ("http://[fe80::1]/", Host::LinkLocal),
            ("http://10.1.2.3", Host::Private),
            ("http://nginx:9080", Host::Private),
            ("http://host.docker.internal:9000", Host::Container),
            (
                "https://a:b@x.execute-api.eu-central-1.amazonaws.com/prod",
                Host::ApiGateway,
            ),
            ("https://hooks.example.com/im", Host::Public),
            ("http://8.8.8.8", Host::Public),
        ] {
            assert_eq!(Address::of(url).unwrap().host(), host, "{url}");
        }
        for wrong in [
            "",
            "host/a",
            "http://",
            "http://h:0",
            "http://h:x/",
            "http://a b/",
        ] {
            assert!(Address::of(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_url_is_repaired_and_never_shown_with_its_password() {
        for (url, repaired) in [
            ("https://h/prod/", "https://h/prod"),
            ("https://h/prod?token=1", "https://h/prod"),
            ("https://h/prod#x", "https://h/prod"),
            (
                "https://h/prod/callbackAfterAddFriendCommand",
                "https://h/prod",
            ),
            ("webhook://u:p@127.0.0.1:1/x/", "http://u:p@127.0.0.1:1/x"),
            (
                "http://x.execute-api.eu-west-1.amazonaws.com/prod",
                "https://x.execute-api.eu-west-1.amazonaws.com/prod",
            ),
        ] {
            assert_eq!(Address::of(url).unwrap().repaired(url), repaired);
        }
        for url in [
            "https://u:s3cret@h/a",
            "u:s3cret@h",
            "https://u:s3c@ret@h/a",
        ] {
            assert!(!shown(url).contains("s3c"), "{url}");
        }
    }
}
