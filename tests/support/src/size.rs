use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// The size of an item in bytes, as DynamoDB counts it.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
pub fn item_bytes(item: &HashMap<String, AttributeValue>) -> usize {
    item.iter().map(|(name, it)| name.len() + value(it)).sum()
}

/// The write units of an item.
pub fn write_units(item: &HashMap<String, AttributeValue>) -> usize {
    item_bytes(item).div_ceil(1024)
}

fn value(value_of: &AttributeValue) -> usize {
    match value_of {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::L(list) => 3 + list.iter().map(|it| 1 + value(it)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.len() + item_bytes(map),
        other => panic!("no item has {other:?}"),
    }
}
