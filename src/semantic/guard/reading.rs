//! Reads text to one query: bounded in length, parts and depth before anything walks the tree.
//!
//! Nothing bounds how deep the parser and the printer go for some parts of SQL (a chain of joins, of
//! operators), so they are counted before.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, SetExpr, Visit, Visitor};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::dialects::{dialect_name, parser_dialect};
use super::refusal::{Refusal, shortened};
use crate::warehouse::Dialect;

/// Most bytes of SQL that are read.
pub const LONGEST_SQL: usize = 20_000;
/// Most tokens, white space and comments aside.
const MOST_TOKENS: usize = 4_000;
/// Most joins, all subqueries together.
const MOST_JOINS: usize = 50;
/// How deep parentheses may stand in one another.
const DEEPEST_PARENTHESES: usize = 40;
/// How deep expressions may stand in one another; `a OR b OR c` counts as two.
const DEEPEST_EXPRESSION: usize = 120;
/// Most set operations of one query.
const MOST_SET_OPERATIONS: usize = 50;

const TOO_DEEP: &str = "parts nested too deeply";

/// The one query that the text is.
pub(super) fn query(sql: &str, dialect: Dialect) -> Result<Box<Query>, Refusal> {
    if sql.len() > LONGEST_SQL {
        return Err(Refusal::TooLong {
            bytes: sql.len(),
            most: LONGEST_SQL,
        });
    }
    let syntax = |problem: String| Refusal::Syntax {
        dialect: dialect_name(dialect),
        problem: shortened(&problem),
    };
    let tokens = Tokenizer::new(parser_dialect(dialect), sql)
        .tokenize_with_location()
        .map_err(|error| syntax(error.to_string()))?;
    let mut tokens = bounded(tokens)?;
    begins_as_a_query(&tokens)?;
    let exclusion = frame_exclusion(&tokens);
    if dialect == Dialect::Sqlite {
        without_hints(&mut tokens);
    }
    let query = only_query(Parser::new(parser_dialect(dialect)).with_tokens_with_locations(tokens))
        .map_err(|error| match error {
            NotOne::Statements => Refusal::Statements,
            NotOne::Parser(ParserError::RecursionLimitExceeded) => Refusal::TooComplex(TOO_DEEP),
            NotOne::Parser(
                ParserError::TokenizerError(problem) | ParserError::ParserError(problem),
            ) => exclusion.unwrap_or_else(|| syntax(problem)),
        })?;
    shallow(&query)?;
    Ok(query)
}

/// Why text is not one query.
pub(super) enum NotOne {
    Statements,
    Parser(ParserError),
}

/// The one query that the parser reads. Statements of other kinds are not even parsed, since nothing
/// bounds how deep the parser goes for some of them.
pub(super) fn only_query(mut parser: Parser<'_>) -> Result<Box<Query>, NotOne> {
    let query = parser.parse_query().map_err(NotOne::Parser)?;
    let ended = parser.consume_token(&Token::SemiColon);
    while parser.consume_token(&Token::SemiColon) {}
    match parser.peek_token().token {
        Token::EOF => Ok(query),
        _ if ended => Err(NotOne::Statements),
        _ => parser
            .expected("end of statement", parser.peek_token())
            .map_err(NotOne::Parser),
    }
}

/// Drops white space, comments and the optimizer hints that hide in them, and counts the rest.
fn bounded(tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>, Refusal> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut depth = 0_usize;
    let mut joins = 0_usize;
    for mut token in tokens {
        match &token.token {
            Token::Whitespace(_) => continue,
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => depth = depth.saturating_sub(1),
            Token::Word(word) if word.keyword == Keyword::JOIN => joins += 1,
            // PostgreSQL has operators of this name, none of which is allowed.
            Token::Question => token.token = Token::Placeholder("?".to_owned()),
            _ => {}
        }
        if depth > DEEPEST_PARENTHESES {
            return Err(Refusal::TooComplex(TOO_DEEP));
        }
        if joins > MOST_JOINS {
            return Err(Refusal::TooComplex("too many joins"));
        }
        kept.push(token);
    }
    if kept.len() > MOST_TOKENS {
        return Err(Refusal::TooComplex("too many words and signs"));
    }
    Ok(kept)
}

/// Refuses what begins with another word than a query does.
fn begins_as_a_query(tokens: &[TokenWithSpan]) -> Result<(), Refusal> {
    let first = tokens
        .iter()
        .map(|token| &token.token)
        .find(|token| !matches!(token, Token::LParen | Token::SemiColon));
    match first {
        None | Some(Token::EOF) => Err(Refusal::Empty),
        Some(Token::Word(word)) => match word.keyword {
            Keyword::SELECT | Keyword::WITH => Ok(()),
            _ => Err(Refusal::NotAQuery(shortened(&word.value.to_uppercase()))),
        },
        Some(token) => Err(Refusal::NotAQuery(shortened(&token.to_string()))),
    }
}

/// What is said of a window's frame that leaves rows out, which the parser does not know.
fn frame_exclusion(tokens: &[TokenWithSpan]) -> Option<Refusal> {
    let excluded = [Keyword::CURRENT, Keyword::GROUP, Keyword::TIES, Keyword::NO];
    let following = tokens.iter().skip(1).map(keyword);
    let (token, _) = tokens.iter().zip(following).find(|(token, following)| {
        keyword(token) == Keyword::EXCLUDE && excluded.contains(following)
    })?;
    Some(Refusal::not_allowed(
        "EXCLUDE in the frame of a window",
        token.span,
        "leave it out, and take from the outcome what is too much",
    ))
}

/// Takes MATERIALIZED and NOT MATERIALIZED out, which the parser does not know for SQLite. They say how
/// SQLite may work, and nothing of the outcome.
fn without_hints(tokens: &mut Vec<TokenWithSpan>) {
    let keywords: Vec<Keyword> = tokens.iter().map(keyword).collect();
    let mut is_hint = vec![false; tokens.len()];
    for (place, token) in tokens.iter().enumerate() {
        let words = match keywords.get(..place) {
            Some([.., Keyword::AS, Keyword::NOT, Keyword::MATERIALIZED]) => 2,
            Some([.., Keyword::AS, Keyword::MATERIALIZED]) => 1,
            _ => continue,
        };
        if token.token == Token::LParen {
            is_hint
                .iter_mut()
                .take(place)
                .rev()
                .take(words)
                .for_each(|hint| *hint = true);
        }
    }
    let mut is_hint = is_hint.into_iter();
    tokens.retain(|_| !is_hint.next().unwrap_or_default());
}

fn keyword(token: &TokenWithSpan) -> Keyword {
    match &token.token {
        Token::Word(word) => word.keyword,
        _ => Keyword::NoKeyword,
    }
}

/// Refuses a tree that is too deep to walk. Asking is safe: a visit grows its stack.
fn shallow(query: &Query) -> Result<(), Refusal> {
    match query.visit(&mut Depth(0)) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Refusal::TooComplex(TOO_DEEP)),
    }
}

struct Depth(usize);

impl Visitor for Depth {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let mut body = &*query.body;
        let mut operations = 0_usize;
        while let SetExpr::SetOperation { left, .. } = body {
            operations += 1;
            body = left;
        }
        if operations > MOST_SET_OPERATIONS {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn pre_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.0 += 1;
        if self.0 > DEEPEST_EXPRESSION {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.0 = self.0.saturating_sub(1);
        ControlFlow::Continue(())
    }
}
