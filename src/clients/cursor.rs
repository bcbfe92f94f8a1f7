//! Where a page ended, as an opaque text for the next request.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::storage::clients::Position;

/// The text is no cursor that a list gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one that a list gave out")]
pub struct InvalidCursor;

/// A position as text.
pub fn encode_cursor(position: &Position) -> String {
    let parts = [position.value.as_str(), position.client_id.as_str()];
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&parts).unwrap_or_default())
}

/// The position that a text stands for.
pub fn decode_cursor(text: &str) -> Result<Position, InvalidCursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
    let (value, client_id) = serde_json::from_slice(&bytes).map_err(|_| InvalidCursor)?;
    let position = Position { value, client_id };
    if position.value.contains('\0') || position.client_id.contains('\0') {
        return Err(InvalidCursor);
    }
    Ok(position)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn positions_round_trip(value in "[^\\x00]{0,60}", client_id in "[A-Za-z0-9_-]{1,64}") {
            let position = Position { value, client_id };
            prop_assert_eq!(decode_cursor(&encode_cursor(&position)), Ok(position));
        }

        #[test]
        fn any_text_is_taken_or_refused(text in any::<String>()) {
            let _ = decode_cursor(&text);
        }
    }
}
