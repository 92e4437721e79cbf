use crate::FreeText;

/// The names of the fields that a body gives, because they changed.
pub(in crate::tencent) fn changed<const N: usize>(
    fields: [(&str, &Option<FreeText>); N],
) -> Vec<String> {
    let is_given = |text: &Option<FreeText>| text.as_ref().is_some_and(|text| !text.is_odd());
    let changed = fields.into_iter().filter(|(_, text)| is_given(text));
    changed.map(|(name, _)| name.to_owned()).collect()
}
