use std::{error::Error, fmt};

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Why a request to a table, the queue or Secrets Manager failed.
#[derive(Debug)]
pub struct StoreError {
    kind: ErrorKind,
    detail: String,
}

/// The kind of a [`StoreError`], which says what an operator can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No connection, no answer in time, throttled, or a fault inside the service. It may pass by itself. If not, look at
    /// the network and at the table's capacity.
    Unavailable,
    /// The function's role may not do this. Look at its policy.
    Denied,
    /// No table, queue or secret has that name in that region. Look at `EVENTS_TABLE`, `NONCES_TABLE`,
    /// `EVENTS_QUEUE_URL`, `OPENIM_SECRET_ID` and `TENCENT_SECRET_ID`.
    NotFound,
    /// DynamoDB does not accept the item, for example because it is larger than 400 KB; or SQS does not accept the
    /// message.
    Invalid,
}

impl ErrorKind {
    /// The kind for the service's error code. `None` means that it gave no code, or did not answer.
    pub(crate) fn of(code: Option<&str>) -> Self {
        match code {
            Some(
                "AccessDeniedException"
                | "UnrecognizedClientException"
                | "ExpiredTokenException"
                | "InvalidSignatureException"
                | "AccessDenied",
            ) => Self::Denied,
            Some(
                "ResourceNotFoundException"
                | "QueueDoesNotExist"
                | "AWS.SimpleQueueService.NonExistentQueue",
            ) => Self::NotFound,
            Some(
                "ValidationException"
                | "InvalidMessageContents"
                | "InvalidParameterValue"
                | "InvalidParameterException",
            ) => Self::Invalid,
            _ => Self::Unavailable,
        }
    }
}

impl StoreError {
    pub(crate) fn new(kind: ErrorKind, detail: String) -> Self {
        Self { kind, detail }
    }

    /// The error for what an AWS client returned.
    pub fn from_sdk<E, R>(error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: fmt::Debug + Send + Sync + 'static,
    {
        let service = error.as_service_error();
        let kind = ErrorKind::of(service.and_then(E::code));
        let detail = match service {
            Some(service) => {
                let code = service.code().unwrap_or("an error without a code");
                format!("{code}: {}", service.message().unwrap_or_default())
            }
            None => causes(&error),
        };
        Self::new(kind, detail)
    }

    /// The kind, which says what to do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

/// What went wrong, and the causes of it. The SDK's own text for this also has the whole answer with its headers, a
/// kilobyte in each log line.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::Denied => "access denied",
            ErrorKind::NotFound => "there is none of that name",
            ErrorKind::Invalid => "not accepted",
        })?;
        write!(f, ": {}", self.detail)
    }
}

impl std::error::Error for StoreError {}

/// Whether a conditional write was done. It was not if its condition was false.
///
/// # Errors
///
/// When the write failed for another reason.
pub(crate) fn condition_held<T, E, R>(
    written: Result<T, SdkError<E, R>>,
) -> Result<bool, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    match written {
        Ok(_) => Ok(true),
        Err(error) => match error.as_service_error().and_then(E::code) {
            Some("ConditionalCheckFailedException") => Ok(false),
            _ => Err(StoreError::from_sdk(error)),
        },
    }
}
