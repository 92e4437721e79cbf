//! Replaces the generated part of a file.

use crate::MarksMissing;

/// Replaces everything between the lines `begin` and `end`, and keeps those two. `text` ends with a line break.
pub(crate) fn between(
    current: &str,
    begin: &str,
    end: &str,
    text: &str,
) -> Result<String, MarksMissing> {
    let mark = |line: &str| format!("{line}\n");
    let (before, rest) = current.split_once(&mark(begin)).ok_or(MarksMissing)?;
    // If the part is empty, the marks follow each other directly.
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
    fn only_the_text_between_the_marks_is_replaced() {
        for old in ["", "old\n", "old\n\n# not an # end\n"] {
            let current = format!("a\n# begin\n{old}# end\nb\n# end\n");
            let replaced = between(&current, "# begin", "# end", "new\n").unwrap();
            assert_eq!(replaced, "a\n# begin\nnew\n# end\nb\n# end\n");
        }
    }

    #[test]
    fn a_file_without_both_marks_is_an_error() {
        for current in ["", "# begin\n", "# end\n", "# end\n# begin\n"] {
            assert!(between(current, "# begin", "# end", "new\n").is_err());
        }
    }
}
