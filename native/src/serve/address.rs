//! Which hosts are somebody's own: loopback, private networks, metadata services.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::Host;

/// IPv4 networks that are not the public internet (RFC 6890 and its kin), and Azure's metadata service.
const PRIVATE_V4: [([u8; 4], u32); 16] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([168, 63, 129, 16], 32),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Of IPv6 only global unicast is public, without what is set apart in it. That leaves out loopback, unique-local and
/// link-local addresses, and all that carry an IPv4 address (mapped, NAT64, 6to4, Teredo).
const GLOBAL_UNICAST: ([u16; 2], u32) = ([0x2000, 0], 3);
const SET_APART: [([u16; 2], u32); 4] =
    [([0x2001, 0], 23), ([0x2001, 0xdb8], 32), ([0x2002, 0], 16), ([0x3fff, 0], 20)];

/// Names of networks of somebody's own. A name without a dot is one too.
const PRIVATE_NAMES: [&str; 9] =
    ["localhost", "localdomain", "local", "internal", "intranet", "lan", "corp", "home", "home.arpa"];

/// Whether a host is on the public internet as far as its name says.
pub(super) fn is_public_host(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => is_public_v4(*address),
        Host::Ipv6(address) => is_public_v6(*address),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            let ends_in =
                |suffix: &&str| name.strip_suffix(*suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            name.contains('.') && !PRIVATE_NAMES.iter().any(ends_in)
        }
    }
}

/// Whether an address is on the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    let lies = |(network, length): &([u8; 4], u32)| (bits ^ u32::from_be_bytes(*network)) >> (32 - length) == 0;
    !PRIVATE_V4.iter().any(lies)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = address.to_bits() >> 96;
    let lies = |([first, second], length): &([u16; 2], u32)| {
        let network = (u128::from(*first) << 16) | u128::from(*second);
        (bits ^ network) >> (32 - length) == 0
    };
    lies(&GLOBAL_UNICAST) && !SET_APART.iter().any(lies)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_public_internet_and_others() {
        for public in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "198.20.0.1", "2606:4700::1111", "2001:4860::8888"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        let private = [
            "0.0.0.0",
            "10.1.2.3",
            "100.100.100.200",
            "127.0.0.1",
            "168.63.129.16",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.0.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:7f00:1::",
            "2001:db8::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
        ];
        for private in private {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn names_of_networks_of_somebodys_own() {
        for (name, public) in [
            ("data.example.org", true),
            ("mylocal.example", true),
            ("notlocalhost.org", true),
            ("localhost.", false),
            ("a.localhost", false),
            ("intranet", false),
            ("metadata.google.internal.", false),
            ("nas.home.arpa", false),
        ] {
            assert_eq!(is_public_host(&Host::Domain(name)), public, "{name}");
        }
    }
}
