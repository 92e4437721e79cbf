use aws_sdk_secretsmanager::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
};

use crate::{ErrorKind, StoreError};

/// Fetches the current text of a secret from Secrets Manager. `id` is its ARN or name.
///
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>
///
/// # Errors
///
/// When Secrets Manager could not be reached, did not answer in time, or refused. When the secret is bytes instead of
/// text.
pub async fn secret(client: &Client, id: &str) -> Result<String, StoreError> {
    let value = client.get_secret_value().secret_id(id).send().await;
    let text = value.map_err(without_answer)?.secret_string;
    text.ok_or_else(|| StoreError::new(ErrorKind::Invalid, "the secret is not text".to_owned()))
}

/// An error without the SDK's message. If the SDK cannot read the answer, its message quotes it, with the secret.
fn without_answer<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> StoreError {
    let said = match &error {
        SdkError::TimeoutError(_) => "it did not answer in time",
        SdkError::DispatchFailure(_) => "it could not be reached",
        SdkError::ConstructionFailure(_) => "the request could not be made",
        _ => error.code().unwrap_or("the answer could not be read"),
    };
    StoreError::new(ErrorKind::of(error.code()), said.to_owned())
}
