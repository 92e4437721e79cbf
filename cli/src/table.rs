//! Creates tables as template.yaml describes them.

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
    TimeToLiveSpecification,
};
use serde_yaml_ng::Value;
use store::Settings;

use crate::Result;

pub(crate) const TEMPLATE: &str = include_str!("../../template.yaml");

/// The events table's resource in template.yaml.
pub(crate) const EVENTS: &str = "EventsTable";
/// The relationships table's resource in template.yaml.
pub(crate) const RELATIONSHIPS: &str = "RelationshipsTable";
/// The limits table's resource in template.yaml.
pub(crate) const LIMITS: &str = "LimitsTable";
/// The nonces table's resource in template.yaml.
pub(crate) const NONCES: &str = "NoncesTable";

/// Creates the table that template.yaml calls `resource`, unless it exists.
pub(crate) async fn create(endpoint: &str, resource: &str, name: &str) -> Result<()> {
    let client = store::dynamodb(&Settings::local(endpoint), Duration::from_secs(10));
    let template: Value = serde_yaml_ng::from_str(TEMPLATE)?;
    let table = &template["Resources"][resource]["Properties"];
    let mut create = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(key_schema(&table["KeySchema"])?));
    for attribute in list(&table["AttributeDefinitions"])? {
        create = create.attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name(text(&attribute["AttributeName"])?)
                .attribute_type(ScalarAttributeType::from(text(
                    &attribute["AttributeType"],
                )?))
                .build()?,
        );
    }
    if let Some(stream) = table.get("StreamSpecification") {
        create = create.stream_specification(
            StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::from(text(&stream["StreamViewType"])?))
                .build()?,
        );
    }
    if let Some(indexes) = table.get("GlobalSecondaryIndexes") {
        for index in list(indexes)? {
            let projection = text(&index["Projection"]["ProjectionType"])?;
            create = create.global_secondary_indexes(
                GlobalSecondaryIndex::builder()
                    .index_name(text(&index["IndexName"])?)
                    .set_key_schema(Some(key_schema(&index["KeySchema"])?))
                    .projection(
                        Projection::builder()
                            .projection_type(ProjectionType::from(projection))
                            .build(),
                    )
                    .build()?,
            );
        }
    }
    match create.send().await {
        Ok(_) => {}
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|error| error.is_resource_in_use_exception()) =>
        {
            return Ok(());
        }
        Err(error) => return Err(error.into_service_error().into()),
    }
    if let Some(expiry) = table.get("TimeToLiveSpecification") {
        client
            .update_time_to_live()
            .table_name(name)
            .time_to_live_specification(
                TimeToLiveSpecification::builder()
                    .attribute_name(text(&expiry["AttributeName"])?)
                    .enabled(true)
                    .build()?,
            )
            .send()
            .await
            .map_err(|error| error.into_service_error())?;
    }
    Ok(())
}

fn key_schema(keys: &Value) -> Result<Vec<KeySchemaElement>> {
    let key = |key: &Value| -> Result<KeySchemaElement> {
        Ok(KeySchemaElement::builder()
            .attribute_name(text(&key["AttributeName"])?)
            .key_type(KeyType::from(text(&key["KeyType"])?))
            .build()?)
    };
    list(keys)?.iter().map(key).collect()
}

fn list(value: &Value) -> Result<&Vec<Value>> {
    Ok(value
        .as_sequence()
        .ok_or("template.yaml: a table needs a list here")?)
}

fn text(value: &Value) -> Result<&str> {
    Ok(value
        .as_str()
        .ok_or("template.yaml: a table needs a text here")?)
}
