//! The generated part of a written file.

use crate::MarksMissing;

/// Replaces what stands between the lines `begin` and `end`, which stay. The text's lines end.
pub(crate) fn between(
    current: &str,
    begin: &str,
    end: &str,
    text: &str,
) -> Result<String, MarksMissing> {
    let mark = |line: &str| format!("{line}\n");
    let (before, rest) = current.split_once(&mark(begin)).ok_or(MarksMissing)?;
    // A part that was deleted leaves the marks one after the other.
    let rest = match rest.strip_prefix(&mark(end)) {
        Some(after) => after,
        None => {
            rest.split_once(&format!("\n{end}\n"))
                .ok_or(MarksMissing)?
                .1
        }
    };
    Ok(format!("{before}{begin}\n{text}{end}\n{rest}"))
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        for old in ["", "old\n", "old\n\n# not an # end\n"] {
            let current = format!("a\n# begin\n{old}# end\nb\n# end\n");
            let replaced = between(&current, "# begin", "# end", "new\n").unwrap();
            assert_eq!(replaced, "a\n# begin\nnew\n# end\nb\n# end\n");
        }
    }

    #[test]
    fn a_file_without_a_mark_is_left_alone() {
        for current in ["", "# begin\n", "# end\n", "# end\n# begin\n"] {
            assert!(between(current, "# begin", "# end", "new\n").is_err());
        }
    }
}
