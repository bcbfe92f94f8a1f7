//! Words of a text, cut to their stems, so that `releases` finds `released`.

/// Words that say nothing of what is asked.
const EMPTY: &[&str] = &[
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "did",
    "do", "does", "each", "every", "find", "for", "from", "get", "give", "had", "has", "have",
    "how", "i", "if", "in", "into", "is", "it", "its", "list", "many", "me", "much", "my", "no",
    "not", "of", "on", "or", "our", "per", "please", "show", "so", "than", "that", "the", "their",
    "them", "there", "they", "this", "those", "to", "up", "was", "we", "were", "what", "when",
    "where", "which", "who", "whose", "why", "will", "with", "would", "you", "your",
];

/// Endings that are cut off, longest first.
const ENDINGS: &[&str] = &[
    "ations", "ation", "ments", "ment", "ings", "ing", "ies", "ed", "es", "ly", "s", "e", "y",
];

/// Shortest stem that is left of a word, in characters.
const SHORTEST_STEM: usize = 3;

/// Most words of a text that are looked at, so that a question of any length costs little.
pub(super) const MOST_WORDS: usize = 2_000;

/// The stems of a text's words, in order, without words that say nothing.
pub(super) fn stems(text: &str) -> Vec<String> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(MOST_WORDS)
        .map(str::to_lowercase)
        .filter(|word| !EMPTY.contains(&word.as_str()))
        .map(|word| stem(&word).to_owned())
        .collect()
}

fn stem(word: &str) -> &str {
    let stem = ENDINGS
        .iter()
        .filter_map(|ending| word.strip_suffix(ending))
        .find(|stem| stem.chars().count() >= SHORTEST_STEM && stem.chars().all(char::is_alphabetic))
        .unwrap_or(word);
    undoubled(stem)
}

/// `committed` is `commit`: the consonant that English doubles before an ending is one again.
fn undoubled(stem: &str) -> &str {
    let mut ends = stem.chars().rev();
    match (ends.next(), ends.next()) {
        (Some(last), Some(before))
            if last == before
                && last.is_ascii_alphabetic()
                && stem.chars().count() > SHORTEST_STEM =>
        {
            let shortened = stem.len().saturating_sub(last.len_utf8());
            stem.get(..shortened).unwrap_or(stem)
        }
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for forms in [
            &["release", "releases", "released", "Releasing"][..],
            &["commit", "commits", "committed", "committing"],
            &["category", "categories"],
            &["reassignment", "reassigned", "reassignments"],
            &["ticket", "tickets"],
            &["breach", "breaches", "breached"],
        ] {
            let stems: Vec<Vec<String>> = forms.iter().map(|form| stems(form)).collect();
            assert!(stems.windows(2).all(|pair| pair[0] == pair[1]), "{stems:?}");
        }
    }

    #[test]
    fn names_and_questions_become_words() {
        assert_eq!(
            stems("How many release_changes are there?"),
            ["releas", "chang"]
        );
        assert_eq!(stems("v0.9.27"), ["v0", "9", "27"]);
        assert!(stems("of the").is_empty());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,200}") {
            stems(&text);
        }
    }
}
