use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, ReturnValue},
};

use crate::{ErrorKind, StoreError, error::condition_held};

/// The table that counts how often users did something.
///
/// | Attribute | Type | Meaning |
/// |---|---|---|
/// | `pk` | S, partition key | What is counted: one thing of one user in one window of time |
/// | `count` | N | How often it happened |
/// | `expires_at` | N | Seconds since 1970 after which nobody asks any more; the table's TTL |
#[derive(Clone, Debug)]
pub struct Limits {
    client: Client,
    table: String,
}

impl Limits {
    /// The table of that name. The client must make one attempt only: [`counting`](crate::counting).
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }

    /// Raises a counter by `by` and gives what it says then. It is made when it is not there, and may be
    /// deleted after `expires_at`, in Unix seconds.
    ///
    /// One atomic `UpdateItem`: however many count at the same time, each gets a number of its own. An answer
    /// that is lost on the way leaves the counter raised, and a second call raises it again.
    ///
    /// # Errors
    ///
    /// When DynamoDB could not be reached, did not answer in time, or refused.
    pub async fn raise(&self, key: &str, by: u32, expires_at: i64) -> Result<u64, StoreError> {
        let number = |number: i64| AttributeValue::N(number.to_string());
        let raised = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(key.to_owned()))
            .update_expression("ADD #count :by SET expires_at = :expires_at")
            // The name is a reserved word.
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":by", number(by.into()))
            .expression_attribute_values(":expires_at", number(expires_at))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        let count = raised.attributes.as_ref().and_then(|new| new.get("count"));
        count
            .and_then(|count| count.as_n().ok()?.parse().ok())
            .ok_or_else(|| StoreError::new(ErrorKind::Invalid, "no count came back".to_owned()))
    }

    /// Opens the connection and proves that the table is there and may be written, by an update whose
    /// condition never holds.
    ///
    /// # Errors
    ///
    /// As [`raise`](Self::raise).
    pub async fn open_connection(&self) -> Result<(), StoreError> {
        let refused = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S("open-connection".to_owned()))
            .update_expression("REMOVE nothing")
            .condition_expression("attribute_exists(pk)")
            .send()
            .await;
        condition_held(refused).map(|_| ())
    }
}
