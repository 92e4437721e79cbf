use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, ReturnValue},
};

use crate::{ErrorKind, StoreError, error::condition_held};

/// The table that counts how often users did something.
///
/// | Attribute | Type | Meaning |
/// |---|---|---|
/// | `pk` | S, partition key | What is counted: one kind of action of one user in one window of time |
/// | `count` | N | How often it happened |
/// | `expires_at` | N | The table's TTL: seconds since 1970 after which the count is not needed |
#[derive(Clone, Debug)]
pub struct Limits {
    client: Client,
    table: String,
}

impl Limits {
    /// The table with that name. The client must make only one attempt: use [`counting`](crate::counting).
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }

    /// Raises a counter by `by` and gives the new count. Creates the counter if it does not exist. DynamoDB may delete it
    /// after `expires_at`, in Unix seconds.
    ///
    /// It is one atomic `UpdateItem`: if several functions count at the same time, each gets its own number. If the
    /// answer is lost, the counter stays raised, and a second call raises it again.
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
            // `count` is a reserved word in DynamoDB.
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
            .ok_or_else(|| {
                StoreError::new(ErrorKind::Invalid, "the answer has no count".to_owned())
            })
    }

    /// Opens the connection, and checks that the table exists and may be written. It makes an update whose condition is
    /// always false.
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
