//! The events table as template.yaml describes it, so that it is described once.

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    StreamSpecification, StreamViewType, TimeToLiveSpecification,
};
use serde_yaml_ng::Value;
use store::Settings;

use crate::Result;

const TEMPLATE: &str = include_str!("../../template.yaml");

/// Creates the table, unless it is there.
pub(crate) async fn create(endpoint: &str, name: &str) -> Result<()> {
    let client = store::dynamodb(&Settings::local(endpoint), Duration::from_secs(10))?;
    let template: Value = serde_yaml_ng::from_str(TEMPLATE)?;
    let table = &template["Resources"]["EventsTable"]["Properties"];
    let mut create = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .stream_specification(
            StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::from(text(
                    &table["StreamSpecification"]["StreamViewType"],
                )?))
                .build()?,
        );
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
    for key in list(&table["KeySchema"])? {
        create = create.key_schema(
            KeySchemaElement::builder()
                .attribute_name(text(&key["AttributeName"])?)
                .key_type(KeyType::from(text(&key["KeyType"])?))
                .build()?,
        );
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
    client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(
            TimeToLiveSpecification::builder()
                .attribute_name(text(&table["TimeToLiveSpecification"]["AttributeName"])?)
                .enabled(true)
                .build()?,
        )
        .send()
        .await
        .map_err(|error| error.into_service_error())?;
    Ok(())
}

fn list(value: &Value) -> Result<&Vec<Value>> {
    Ok(value
        .as_sequence()
        .ok_or("template.yaml: EventsTable lacks a list")?)
}

fn text(value: &Value) -> Result<&str> {
    Ok(value
        .as_str()
        .ok_or("template.yaml: EventsTable lacks a text")?)
}
