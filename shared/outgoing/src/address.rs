use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// To which addresses requests may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// Only to those that everybody can reach.
    Public,
    /// Also to private networks and to this machine. Never to a link-local address, as those of the metadata services.
    AlsoPrivate,
}

/// Where an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the internet.
    Public,
    /// In a private network, or on this machine.
    Private,
    /// Nowhere that a service of the app can be: link-local addresses with the metadata services, multicast, examples
    /// for documents, and forms that hide another address.
    Nowhere,
}

impl Addresses {
    /// Whether requests may go to this address.
    #[must_use]
    pub fn allow(self, ip: IpAddr) -> bool {
        match place(ip) {
            Place::Public => true,
            Place::Private => self == Self::AlsoPrivate,
            Place::Nowhere => false,
        }
    }
}

/// Where an address is, from IANA's registries of special addresses.
///
/// <https://www.iana.org/assignments/iana-ipv4-special-registry/>,
/// <https://www.iana.org/assignments/iana-ipv6-special-registry/>
#[must_use]
pub fn place(ip: IpAddr) -> Place {
    match ip {
        IpAddr::V4(ip) => v4(ip),
        IpAddr::V6(ip) => v6(ip),
    }
}

fn v4(ip: Ipv4Addr) -> Place {
    match ip.octets() {
        [10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => {
            Place::Private
        }
        [0 | 224..=255, ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Place::Nowhere,
        _ => Place::Public,
    }
}

fn v6(ip: Ipv6Addr) -> Place {
    // These two forms reach the IPv4 address that is in them.
    if let Some(mapped) = ip.to_ipv4_mapped() {
        return v4(mapped);
    }
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = ip.segments() {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        return v4(Ipv4Addr::new(a, b, c, d));
    }
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Place::Private,
        // EC2's metadata service is in the range of private networks.
        [0xfd00, 0xec2, ..] => Place::Nowhere,
        [0xfc00..=0xfdff, ..] => Place::Private,
        // Protocols, tunnels that hide an IPv4 address, and examples.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => Place::Nowhere,
        [0x2000..=0x3fff, ..] => Place::Public,
        _ => Place::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_on_the_internet_are_reached_without_permission() {
        for (address, expected) in [
            ("127.0.0.1", Place::Private),
            ("127.255.255.254", Place::Private),
            ("10.0.0.1", Place::Private),
            ("10.255.255.255", Place::Private),
            ("172.16.0.1", Place::Private),
            ("172.31.255.255", Place::Private),
            ("192.168.0.1", Place::Private),
            ("100.64.0.1", Place::Private),
            ("100.127.255.255", Place::Private),
            ("0.0.0.0", Place::Nowhere),
            ("0.1.2.3", Place::Nowhere),
            ("169.254.169.254", Place::Nowhere),
            ("169.254.170.2", Place::Nowhere),
            ("192.0.0.170", Place::Nowhere),
            ("192.0.2.1", Place::Nowhere),
            ("192.88.99.1", Place::Nowhere),
            ("198.18.0.1", Place::Nowhere),
            ("198.51.100.1", Place::Nowhere),
            ("203.0.113.1", Place::Nowhere),
            ("224.0.0.1", Place::Nowhere),
            ("240.0.0.1", Place::Nowhere),
            ("255.255.255.255", Place::Nowhere),
            ("::", Place::Nowhere),
            ("::1", Place::Private),
            ("::7f00:1", Place::Nowhere),
            ("::ffff:127.0.0.1", Place::Private),
            ("::ffff:10.0.0.1", Place::Private),
            ("::ffff:169.254.169.254", Place::Nowhere),
            ("64:ff9b::7f00:1", Place::Private),
            ("64:ff9b::a9fe:a9fe", Place::Nowhere),
            ("64:ff9b:1::1", Place::Nowhere),
            ("100::1", Place::Nowhere),
            ("fc00::1", Place::Private),
            ("fd12:3456::1", Place::Private),
            ("fd00:ec2::254", Place::Nowhere),
            ("fe80::1", Place::Nowhere),
            ("fec0::1", Place::Nowhere),
            ("ff02::1", Place::Nowhere),
            ("2001::1", Place::Nowhere),
            ("2001:db8::1", Place::Nowhere),
            ("2002:7f00:1::", Place::Nowhere),
            ("3fff::1", Place::Nowhere),
            ("8.8.8.8", Place::Public),
            ("172.15.0.1", Place::Public),
            ("172.32.0.1", Place::Public),
            ("100.128.0.1", Place::Public),
            ("169.253.0.1", Place::Public),
            ("::ffff:8.8.8.8", Place::Public),
            ("64:ff9b::808:808", Place::Public),
            ("2600:1f14::1", Place::Public),
            ("2a05:d014::1", Place::Public),
        ] {
            let ip = address.parse().unwrap();
            assert_eq!(place(ip), expected, "{address}");
            assert_eq!(Addresses::Public.allow(ip), expected == Place::Public);
            assert_eq!(Addresses::AlsoPrivate.allow(ip), expected != Place::Nowhere);
        }
    }
}
