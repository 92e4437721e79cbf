use std::fmt;

use aws_sdk_secretsmanager::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
};

use crate::{ErrorKind, StoreError};

/// The current text of a secret in Secrets Manager, named by its ARN or name.
///
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>
///
/// # Errors
///
/// When Secrets Manager could not be reached, did not answer in time, or refused; or when the secret is
/// bytes instead of text.
pub async fn secret(client: &Client, id: &str) -> Result<String, StoreError> {
    let value = client.get_secret_value().secret_id(id).send().await;
    let text = value.map_err(without_answer)?.secret_string;
    text.ok_or_else(|| StoreError::new(ErrorKind::Invalid, "the secret is no text".to_owned()))
}

/// An error's words can quote the answer, which is the secret.
fn without_answer<E, R>(error: SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    match error {
        SdkError::ResponseError(_) => StoreError::new(
            ErrorKind::Unavailable,
            "the answer could not be read".to_owned(),
        ),
        error => StoreError::from_sdk(error),
    }
}
