use std::{fmt, ops::RangeInclusive};

use crate::Reason;

/// A code of the app, from `FIRST` to `LAST`. Tencent Chat's documents leave this range to the app, and Tencent Chat
/// passes such a code on to the client. Each kind of command has a range of its own.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34348>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnCode<const FIRST: i32, const LAST: i32>(i32);

/// A `ResultCode`: for one person of a "before" callback about friends.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/43468>.
pub type ResultCode = OwnCode<38000, 39000>;

/// An `ErrorCode` for groups, topics and messages in groups.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34374>.
pub type GroupCode = OwnCode<10100, 10200>;

/// An `ErrorCode` for messages between two users, and for official accounts.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34364>.
pub type MessageCode = OwnCode<120_001, 130_000>;

/// The `ErrorCode` where the app has no codes of its own: 1, the plain refusal. What the client then gets is in no
/// document.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60799>.
pub type NoOwnCode = OwnCode<1, 1>;

impl<const FIRST: i32, const LAST: i32> OwnCode<FIRST, LAST> {
    /// The last code. This project's receiver uses it if it failed, and the app can use all others.
    pub const LAST: Self = Self(LAST);

    /// The codes that the receiver leaves to the app.
    pub(crate) const FOR_APP: RangeInclusive<i32> = FIRST..=LAST - 1;

    /// Takes a code between `FIRST` and `LAST`.
    ///
    /// # Errors
    ///
    /// For any other number.
    pub const fn new(code: i32) -> Result<Self, InvalidCode> {
        if FIRST <= code && code <= LAST {
            Ok(Self(code))
        } else {
            Err(InvalidCode {
                code,
                first: FIRST,
                last: LAST,
            })
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i32 {
        self.0
    }
}

/// The code of a refusal, of any range.
pub trait Code: Copy + fmt::Debug + PartialEq + Send + Sync + 'static {
    /// The code of a reason. A reason with a code of another range gets the last code of this one.
    #[must_use]
    fn of(reason: &Reason) -> Self;

    /// The number.
    #[must_use]
    fn get(self) -> i32;
}

impl<const FIRST: i32, const LAST: i32> Code for OwnCode<FIRST, LAST> {
    fn of(reason: &Reason) -> Self {
        Self::new(reason.code).unwrap_or(Self::LAST)
    }

    fn get(self) -> i32 {
        self.get()
    }
}

/// A number outside the range that Tencent Chat leaves to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCode {
    code: i32,
    first: i32,
    last: i32,
}

impl fmt::Display for InvalidCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, first, last } = self;
        write!(f, "code {code} is not between {first} and {last}")
    }
}

impl std::error::Error for InvalidCode {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_that_reach_the_client_are_accepted() {
        for code in [i32::MIN, -1, 0, 1, 37999, 39001, i32::MAX] {
            assert!(ResultCode::new(code).is_err());
        }
        for code in [38000, 39000] {
            assert_eq!(ResultCode::new(code).unwrap().get(), code);
        }
    }

    #[test]
    fn a_code_of_another_range_becomes_the_last_one() {
        let reason = |code| Reason {
            code,
            message: String::new(),
            detail: String::new(),
        };
        assert_eq!(GroupCode::of(&reason(10100)).get(), 10100);
        assert_eq!(GroupCode::of(&reason(39000)).get(), 10200);
        assert_eq!(MessageCode::of(&reason(39000)).get(), 130_000);
        assert_eq!(NoOwnCode::of(&reason(39000)).get(), 1);
    }
}
