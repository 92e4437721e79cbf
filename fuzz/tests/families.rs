//! Odd bodies of every family, as many of each. The fuzzer prefers those that reach new branches.

/// How many inputs each family gets. `ODD_BODIES=30000` makes it more.
const INPUTS: u32 = 100;

#[test]
fn no_odd_body_of_any_family_panics_or_fails_where_a_decision_is_possible() {
    fuzz::report_failures_only();
    let inputs = std::env::var("ODD_BODIES").map_or(INPUTS, |it| it.parse().unwrap());
    let families = fuzz::families();
    assert!(families.len() > 15, "{families:?}");
    for (number, (server, family)) in (0_u8..).zip(&families) {
        let mut random = fastrand::Rng::with_seed(u64::from(number));
        for _ in 0..inputs {
            let mistakes = random.usize(1..=4);
            let mut input = vec![number, random.u8(..)];
            input.resize_with(2 + 3 * mistakes, || random.u8(..));
            fuzz::odd_body(&input);
        }
        eprintln!("{server} {family}: {inputs} odd bodies");
    }
}
