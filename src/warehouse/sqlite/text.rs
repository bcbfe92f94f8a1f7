//! SQLite's functions of text, written anew: its own compare every place of one text with all of the
//! other, in a single step of its machine, so that nothing could stop a call with two long texts. These
//! take time by the sum of the lengths, and look at the clock.

use std::collections::HashSet;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{ToSql, ValueRef};
use rusqlite::{Connection, Error, ffi};

use super::connection::LONGEST_VALUE;
use super::watch::Watch;

/// Why a call was refused.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the time is over")]
    Time,
    #[error("{0}() takes text and whole numbers; use CAST(... AS TEXT)")]
    Kind(&'static str),
}

/// Puts the functions in the place of SQLite's.
pub(super) fn define(connection: &Connection, watch: &Watch) -> rusqlite::Result<()> {
    define_one(connection, watch, "instr", 2, |texts| match texts {
        [text, sought] => Ok(Some(place(text, sought))),
        _ => Ok(None),
    })?;
    define_one(connection, watch, "replace", 3, |texts| match texts {
        [text, from, to] => replaced(text, from, to).map(Some),
        _ => Ok(None),
    })?;
    for (name, start, end) in [
        ("trim", true, true),
        ("ltrim", true, false),
        ("rtrim", false, true),
    ] {
        define_one(connection, watch, name, 2, move |texts| match texts {
            [text, characters] => Ok(Some(trimmed(text, characters, start, end).to_owned())),
            _ => Ok(None),
        })?;
    }
    Ok(())
}

/// Defines a function of texts that is NULL if one of them is.
fn define_one<T: ToSql>(
    connection: &Connection,
    watch: &Watch,
    name: &'static str,
    arguments: i32,
    function: impl Fn(&[String]) -> rusqlite::Result<Option<T>> + Send + 'static,
) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    let watch = watch.clone();
    connection.create_scalar_function(name, arguments, flags, move |context| {
        if watch.is_due() {
            return Err(Error::UserFunctionError(Box::new(Refusal::Time)));
        }
        match texts(context, name)? {
            Some(texts) => function(&texts),
            None => Ok(None),
        }
    })
}

fn texts(context: &Context<'_>, name: &'static str) -> rusqlite::Result<Option<Vec<String>>> {
    (0..context.len())
        .map(|position| match context.get_raw(position) {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(number) => Ok(Some(number.to_string())),
            ValueRef::Text(text) => Ok(Some(String::from_utf8_lossy(text).into_owned())),
            ValueRef::Real(_) | ValueRef::Blob(_) => {
                Err(Error::UserFunctionError(Box::new(Refusal::Kind(name))))
            }
        })
        .collect()
}

/// The character, from 1, at which a text begins within another; 0 if it is not there.
fn place(text: &str, sought: &str) -> i64 {
    text.find(sought)
        .and_then(|start| text.get(..start))
        .and_then(|before| i64::try_from(before.chars().count()).ok())
        .map_or(0, |before| before.saturating_add(1))
}

fn replaced(text: &str, from: &str, to: &str) -> rusqlite::Result<String> {
    if from.is_empty() {
        return Ok(text.to_owned());
    }
    // Before it is made: it could take any amount of memory.
    let length = text
        .matches(from)
        .count()
        .saturating_mul(to.len().saturating_sub(from.len()))
        .saturating_add(text.len());
    if i32::try_from(length).map_or(true, |length| length > LONGEST_VALUE) && to.len() > from.len()
    {
        return Err(Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_TOOBIG),
            None,
        ));
    }
    Ok(text.replace(from, to))
}

fn trimmed<'a>(text: &'a str, characters: &str, start: bool, end: bool) -> &'a str {
    let characters: HashSet<char> = characters.chars().collect();
    let goes = |character: char| characters.contains(&character);
    let text = if start {
        text.trim_start_matches(goes)
    } else {
        text
    };
    if end {
        text.trim_end_matches(goes)
    } else {
        text
    }
}
