//! Words of a text, cut to their stems by Snowball's rules for English, so that `releases` finds
//! `released`.

use rust_stemmers::{Algorithm, Stemmer};

/// Words that say nothing of what is asked.
const EMPTY: &[&str] = &[
    "a", "about", "against", "all", "an", "and", "any", "are", "as", "at", "be", "been", "by",
    "can", "did", "do", "does", "each", "ever", "every", "find", "for", "from", "get", "give",
    "had", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "list", "many", "me",
    "much", "my", "no", "not", "of", "often", "on", "or", "our", "per", "please", "s", "show",
    "so", "take", "takes", "tell", "than", "that", "the", "their", "them", "there", "they", "this",
    "those", "to", "up", "us", "was", "we", "were", "what", "when", "where", "which", "who",
    "whose", "why", "will", "with", "would", "you", "your",
];

/// Most words of a text that are looked at, so that a question of any length costs little.
pub(super) const MOST_WORDS: usize = 2_000;

/// The stems of a text's words, in order, without words that say nothing.
pub(super) fn stems(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(MOST_WORDS)
        .map(str::to_lowercase)
        .filter(|word| !EMPTY.contains(&word.as_str()))
        // What is no plain word (a version, a number, a name in another script) is found as it is.
        .map(
            |word| match word.bytes().all(|byte| byte.is_ascii_lowercase()) {
                true => stemmer.stem(&word).into_owned(),
                false => word,
            },
        )
        .collect()
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
            &[
                "deploy",
                "deploys",
                "deployed",
                "deploying",
                "deployment",
                "deployments",
            ],
            &["restore", "restores", "restored", "restoring"],
            &["recover", "recovers", "recovered"],
            &["fail", "fails", "failed", "failing"],
            &["ship", "ships", "shipped", "shipping"],
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
        assert!(stems("How often do we?").is_empty());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,200}") {
            stems(&text);
        }
    }
}
