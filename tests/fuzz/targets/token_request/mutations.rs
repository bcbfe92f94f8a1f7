//! Changes of a token request beneath its encodings, and parameters that mean something.

use ambit_fuzz::{Choices, mutate, put};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_mutator;
use url::form_urlencoded;

use super::{
    ALLOWED_BUT_GONE, CLIENT_ID, CONFIGURED, CONFIGURED_FOR_OTHERS, GRANT_TYPE, ISSUER, OWN, SCOPE,
    SERVED, split,
};

/// What parameters that mean something are made of.
const VOCABULARY: [(&str, &[&str]); 5] = [
    ("grant_type", &[GRANT_TYPE]),
    ("client_id", &[CLIENT_ID]),
    ("client_secret", &["s3cr3t"]),
    ("scope", &[SCOPE[0], SCOPE[1], SCOPE[2], "Read", "admin"]),
    (
        "resource",
        &[
            ISSUER,
            OWN,
            CONFIGURED,
            CONFIGURED_FOR_OTHERS,
            SERVED,
            ALLOWED_BUT_GONE,
        ],
    ),
];

/// One of these separates the tokens of a scope; others are taken for it at times.
const SEPARATORS: [&str; 7] = [" ", "  ", "\t", "\n", ",", "\u{a0}", ""];

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut choices = Choices(seed);
    let start = &data[..size];
    let mutated = match choices.below(4) {
        0 => None,
        1 => change_basic(start, &mut choices),
        2 => change_parameter(start, &mut choices),
        _ => compose_parameter(start, &mut choices),
    };
    let mutated = mutated.unwrap_or_else(|| mutate(start));
    put(data, &mutated, max_size)
});

/// Changes Basic credentials beneath their Base64. `None` if there are none.
fn change_basic(input: &[u8], choices: &mut Choices) -> Option<Vec<u8>> {
    let (authorization, body) = split(input);
    let mut lines: Vec<Vec<u8>> = authorization.into_iter().map(<[u8]>::to_vec).collect();
    let position = choices.below(lines.len());
    let line = lines.get_mut(position)?;
    let halves = STANDARD.decode(line.get(6..)?).ok()?;
    line.truncate(6);
    line.extend(STANDARD.encode(mutate(&halves)).bytes());
    lines.extend([Vec::new(), body.to_vec()]);
    Some(lines.join(&b'\n'))
}

fn pieces(body: &[u8]) -> Vec<Vec<u8>> {
    body.split(|byte| *byte == b'&')
        .map(<[u8]>::to_vec)
        .collect()
}

fn encoded(name: &[u8], value: &[u8]) -> Vec<u8> {
    let encode = |half: &[u8]| form_urlencoded::byte_serialize(half).collect::<String>();
    format!("{}={}", encode(name), encode(value)).into_bytes()
}

/// Changes the name or the value of a parameter beneath its percent-encoding.
fn change_parameter(input: &[u8], choices: &mut Choices) -> Option<Vec<u8>> {
    let body = split(input).1;
    let mut pieces = pieces(body);
    let position = choices.below(pieces.len());
    let piece = pieces.get_mut(position)?;
    let (name, value) = form_urlencoded::parse(piece).into_owned().next()?;
    *piece = if choices.below(4) == 0 {
        encoded(&mutate(name.as_bytes()), value.as_bytes())
    } else {
        encoded(name.as_bytes(), &mutate(value.as_bytes()))
    };
    Some([input.strip_suffix(body)?, &pieces.join(&b'&')].concat())
}

/// Says something that means something, in place of a parameter or after all others.
fn compose_parameter(input: &[u8], choices: &mut Choices) -> Option<Vec<u8>> {
    let (name, words) = VOCABULARY.get(choices.below(VOCABULARY.len()))?;
    let separator = SEPARATORS.get(choices.below(SEPARATORS.len()))?;
    let count = 1 + choices.below(3);
    let value: Vec<&str> = (0..count)
        .filter_map(|_| words.get(choices.below(words.len())).copied())
        .collect();
    let composed = encoded(name.as_bytes(), value.join(separator).as_bytes());
    let body = split(input).1;
    let mut pieces = pieces(body);
    let position = choices.below(pieces.len() + 1);
    pieces.splice(position..pieces.len().min(position + 1), [composed]);
    Some([input.strip_suffix(body)?, &pieces.join(&b'&')].concat())
}
