//! Where a page ended, as an opaque text for the next request.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::storage::clients::{Order, Position};

/// The text is no cursor that a list gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one that a list gave out")]
pub struct InvalidCursor;

/// A position in a list of this order as text.
pub fn encode_cursor(position: &Position, order: Order) -> String {
    let parts = [
        name(order),
        position.value.as_str(),
        position.client_id.as_str(),
    ];
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&parts).unwrap_or_default())
}

/// The position in a list of this order that a text stands for.
///
/// # Errors
/// No list gave it out, or one of another order did.
pub fn decode_cursor(text: &str, order: Order) -> Result<Position, InvalidCursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
    let (name_of_order, value, client_id): (String, String, String) =
        serde_json::from_slice(&bytes).map_err(|_| InvalidCursor)?;
    let position = Position { value, client_id };
    let by_name = matches!(order, Order::NameAscending | Order::NameDescending);
    let well_formed = name_of_order == name(order)
        && !position.value.contains('\0')
        && !position.client_id.contains('\0')
        && (by_name || position.value.parse::<i64>().is_ok());
    if well_formed {
        Ok(position)
    } else {
        Err(InvalidCursor)
    }
}

fn name(order: Order) -> &'static str {
    match order {
        Order::NameAscending => "name",
        Order::NameDescending => "-name",
        Order::OldestFirst => "age",
        Order::NewestFirst => "-age",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn positions_round_trip(value in "[^\\x00]{0,60}", client_id in "[A-Za-z0-9_-]{1,64}") {
            let position = Position { value, client_id };
            let order = Order::NameAscending;
            let text = encode_cursor(&position, order);
            prop_assert_eq!(decode_cursor(&text, Order::NameDescending), Err(InvalidCursor));
            prop_assert_eq!(decode_cursor(&text, order), Ok(position));
        }

        #[test]
        fn any_text_is_taken_or_refused(text in any::<String>()) {
            let _ = decode_cursor(&text, Order::NewestFirst);
        }
    }
}
