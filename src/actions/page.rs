//! Long answers, a page at a time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::ActionError;

/// Longest cursor that is read, in characters.
const LONGEST: usize = 1024;

/// Items of a page that was not told how many it may have.
pub const USUAL: u32 = 50;

/// Items of a page that was not told how many it may have, for serde.
pub fn usual() -> u32 {
    USUAL
}

/// The same where an item is a few figures.
pub const USUAL_FIGURES: u32 = 100;

/// The same where an item is a few figures, for serde.
pub fn usual_figures() -> u32 {
    USUAL_FIGURES
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<'a, T> {
    /// Its items.
    pub items: &'a [T],
    /// What the next page is asked for with; `None` on the last.
    pub next_cursor: Option<String>,
}

/// The page of a sorted list that follows a cursor.
///
/// `key` is what the list is sorted by, and tells any two items apart; `of` names the list and all
/// that chose its items, so that a cursor of another list is refused. A page goes on behind the key
/// where the last one ended, whatever has come or gone meanwhile.
///
/// # Errors
/// A cursor that this list did not give out.
pub fn paginate<'a, T, K>(
    items: &'a [T],
    key: impl Fn(&T) -> K,
    of: &impl Serialize,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<'a, T>, ActionError>
where
    K: Ord + Serialize + DeserializeOwned,
{
    let fingerprint = fingerprint(of);
    let start = match cursor {
        None => 0,
        Some(text) => {
            let ended_at: K = decode(text, &fingerprint)?;
            items.partition_point(|item| key(item) <= ended_at)
        }
    };
    let rest = items.get(start..).unwrap_or_default();
    let length = usize::try_from(limit).unwrap_or(usize::MAX).min(rest.len());
    let (page, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
    let more = !behind.is_empty();
    let next_cursor = page
        .last()
        .filter(|_| more)
        .map(|last| encode(&key(last), &fingerprint));
    Ok(Page {
        items: page,
        next_cursor,
    })
}

/// A position in a list as an opaque text. `fingerprint` is of the list.
pub fn encode(position: &impl Serialize, fingerprint: &str) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(fingerprint, position)).unwrap_or_default())
}

/// The position in the list of this fingerprint that a text stands for.
///
/// # Errors
/// A text that no such list gave out.
pub fn decode<K: DeserializeOwned>(text: &str, fingerprint: &str) -> Result<K, ActionError> {
    let foreign = || ActionError::invalid("cursor", "is not one that this list gave out");
    if text.len() > LONGEST {
        return Err(foreign());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| foreign())?;
    let (of, position): (String, K) = serde_json::from_slice(&bytes).map_err(|_| foreign())?;
    if of == fingerprint {
        Ok(position)
    } else {
        Err(foreign())
    }
}

/// Tells lists apart by all that chose their items.
pub fn fingerprint(of: &impl Serialize) -> String {
    let text = serde_json::to_vec(of).unwrap_or_default();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &text);
    URL_SAFE_NO_PAD.encode(digest.as_ref().get(..6).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_hold_every_item_once(length in 0usize..60, limit in 1u32..20) {
            let items: Vec<usize> = (0..length).collect();
            let mut seen = Vec::new();
            let mut cursor = None;
            loop {
                let page = paginate(&items, |item| *item, &"list", cursor.as_deref(), limit).unwrap();
                seen.extend_from_slice(page.items);
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            prop_assert_eq!(seen, items);
        }

        #[test]
        fn any_text_is_taken_or_refused(text in any::<String>()) {
            let _ = paginate(&[1, 2], |item| *item, &"list", Some(&text), 5);
        }
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let items = [1, 2, 3];
        let page = paginate(&items, |item| *item, &"list", None, 1).unwrap();
        let cursor = page.next_cursor.unwrap();
        assert!(paginate(&items, |item| *item, &"other", Some(&cursor), 1).is_err());
        assert!(paginate(&items, |item| *item, &"list", Some(&cursor), 1).is_ok());
    }

    #[test]
    fn what_comes_and_goes_meanwhile_disturbs_nothing() {
        let page = paginate(&[2, 4, 6], |item| *item, &"list", None, 2).unwrap();
        let cursor = page.next_cursor.unwrap();
        let next = paginate(&[1, 2, 3, 5, 6], |item| *item, &"list", Some(&cursor), 2).unwrap();
        assert_eq!(next.items, [5, 6]);
    }
}
