use domain::{Conversation, GroupId, UserId};

/// The conversation with this id, which `user` is in.
///
/// The id of a conversation of two users is `si_` (or `sn_` if one of them is a notification account) and both ids in
/// their order, with `_` between them. It cannot be taken apart where an id contains `_`. But one of the two is `user`,
/// so the rest is the other. If `user` is neither, because an administrator acts, the id stays as it is.
pub(super) fn conversation(id: &str, user: &UserId) -> Conversation {
    if let Some(group) = id.strip_prefix("sg_")
        && let Ok(group) = GroupId::new(group)
    {
        return Conversation::Group(group);
    }
    let pair = id.strip_prefix("si_").or_else(|| id.strip_prefix("sn_"));
    let first = pair.and_then(|pair| pair.strip_prefix(user.as_str())?.strip_prefix('_'));
    let last = pair.and_then(|pair| pair.strip_suffix(user.as_str())?.strip_suffix('_'));
    // With `a_b_a`, only the order says that the users are `a` and `b_a`.
    let other = first
        .filter(|other| user.as_str() <= *other)
        .or_else(|| last.filter(|other| *other <= user.as_str()));
    match other.and_then(|other| UserId::new(other).ok()) {
        Some(other) => Conversation::between(user.clone(), other),
        None => Conversation::Id(id.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_of_a_conversation_are_found_in_its_id_even_if_their_ids_contain_underscores() {
        let user = |id: &str| UserId::new(id).unwrap();
        for (id, reader, other) in [
            ("si_alice_bob", "bob", "alice"),
            ("si_alice_bob", "alice", "bob"),
            ("sn_alice_notices", "alice", "notices"),
            ("si_a_b_c", "a_b", "c"),
            ("si_a_b_c", "b_c", "a"),
            ("si_a_b_c", "c", "a_b"),
            ("si_a_b_a", "a", "b_a"),
            ("si____", "_", "_"),
            ("si_a_a", "a", "a"),
        ] {
            assert_eq!(
                conversation(id, &user(reader)),
                Conversation::between(user(reader), user(other)),
                "{id}"
            );
        }
        let group = Conversation::Group(GroupId::new("g_1").unwrap());
        assert_eq!(conversation("sg_g_1", &user("a")), group);
        for id in ["", "sg_", "si_", "si_a", "si_a_", "si_a_b", "n_a_b", "x"] {
            let kept = Conversation::Id(id.to_owned());
            assert_eq!(conversation(id, &user("c")), kept, "{id}");
        }
    }

    #[test]
    fn every_pair_of_ids_is_found_again_from_either_side() {
        let ids = ["_", "a", "a_", "_a", "a_a", "a_b", "b", "b_a", "b_", "ab"];
        for one in ids {
            for other in ids {
                let user = |id: &str| UserId::new(id).unwrap();
                let mut pair = [one, other];
                pair.sort_unstable();
                let id = format!("si_{}_{}", pair[0], pair[1]);
                let found = conversation(&id, &user(one));
                assert_eq!(found, Conversation::between(user(one), user(other)), "{id}");
            }
        }
    }
}
