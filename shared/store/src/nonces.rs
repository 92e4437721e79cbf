use std::time::Duration;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use domain::Timestamp;

use crate::{StoreError, error::condition_held};

/// The table that remembers which nonces were used.
///
/// | Attribute | Type | Meaning |
/// |---|---|---|
/// | `pk` | S, partition key | The nonce's digest |
/// | `reception` | S | The request that used it |
/// | `expires_at` | N | The table's TTL: seconds since 1970 until which the nonce counts as used |
#[derive(Clone, Debug)]
pub struct Nonces {
    client: Client,
    table: String,
    window: Duration,
}

impl Nonces {
    /// The table with that name. A nonce counts as used for `window`, in whole seconds.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>, window: Duration) -> Self {
        Self {
            client,
            table: table.into(),
            window,
        }
    }

    /// Marks a nonce as used. Gives whether this is its first use within the window. The same reception may use it again,
    /// because the first answer can be lost on the way.
    ///
    /// # Errors
    ///
    /// When DynamoDB could not be reached, did not answer in time, or refused.
    pub async fn first_use(
        &self,
        digest: String,
        reception: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let seconds = now.unix_seconds();
        let window = i64::try_from(self.window.as_secs()).unwrap_or(i64::MAX);
        let number = |seconds: i64| AttributeValue::N(seconds.to_string());
        let written = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", AttributeValue::S(digest))
            .item("reception", AttributeValue::S(reception.to_owned()))
            .item("expires_at", number(seconds.saturating_add(window)))
            // Compares the time, because TTL may delete an item days late.
            .condition_expression(
                "attribute_not_exists(pk) OR expires_at <= :now OR reception = :reception",
            )
            .expression_attribute_values(":now", number(seconds))
            .expression_attribute_values(":reception", AttributeValue::S(reception.to_owned()))
            .send()
            .await;
        condition_held(written)
    }

    /// Opens the connection, and checks that the table exists and may be written. It makes a write whose condition is
    /// always false.
    ///
    /// # Errors
    ///
    /// As [`first_use`](Self::first_use).
    pub async fn open_connection(&self) -> Result<(), StoreError> {
        let refused = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", AttributeValue::S("open-connection".to_owned()))
            .condition_expression("attribute_exists(pk)")
            .send()
            .await;
        condition_held(refused).map(|_| ())
    }
}
