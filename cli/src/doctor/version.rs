//! Versions of OpenIM.

use std::str::FromStr;

/// A version such as `v3.8.3-patch.16`, or the main branch, which is later than all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version([u32; 4]);

impl Version {
    pub(crate) const MAIN: Self = Self([u32::MAX; 4]);

    pub(super) const fn new(major: u32, minor: u32, third: u32) -> Self {
        Self([major, minor, third, 0])
    }

    /// Whether it is this one or a patch of it.
    pub(super) fn is(self, major: u32, minor: u32, third: u32) -> bool {
        self.0[..3] == [major, minor, third]
    }

    pub(super) fn patch(self) -> u32 {
        self.0[3]
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "not a version such as v3.8.3, v3.8.3-patch.16 or main".to_owned();
        if text == "main" {
            return Ok(Self::MAIN);
        }
        let (numbers, patch) = text.split_once("-patch.").unwrap_or((text, "0"));
        let numbers = numbers.strip_prefix('v').unwrap_or(numbers);
        let mut version = [0; 4];
        let (dotted, last) = version.split_at_mut(3);
        let mut parts = numbers.split('.');
        for (number, part) in dotted.iter_mut().zip(parts.by_ref()) {
            *number = part.parse().map_err(|_| wrong())?;
        }
        last[0] = patch.parse().map_err(|_| wrong())?;
        match parts.next().is_none() && version[0] == 3 {
            true => Ok(Self(version)),
            false => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_and_what_is_none_is_an_error() {
        let texts = [
            "v3.4.2",
            "3.7",
            "v3.8.0",
            "3.8.3",
            "v3.8.3-patch.4",
            "v3.8.3-patch.16",
            "main",
        ];
        let versions: Vec<Version> = texts.map(|it| it.parse().unwrap()).into();
        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
        assert!(versions[5].is(3, 8, 3) && versions[5].patch() == 16);
        for wrong in ["", "latest", "4.0.0", "v3.8.3.1", "3.8.x", "3.8.3-patch.x"] {
            assert!(wrong.parse::<Version>().is_err(), "{wrong}");
        }
    }
}
